using System.Collections.Concurrent;
using CoDe.Gateway.Lanes;

namespace CoDe.Gateway.Results;

/// <summary>Images that requests of this gateway are making, so that equal requests make each once.</summary>
internal sealed class Flights
{
    private readonly ConcurrentDictionary<string, Flight> _flights = new(StringComparer.Ordinal);

    /// <summary>Begins a flight, or finds the one to wait for.</summary>
    /// <returns>True where the caller leads: it makes the image and must end the flight, whatever happens.</returns>
    public bool TryLead(string key, out Flight flight)
    {
        var own = new Flight(this, key);
        flight = _flights.GetOrAdd(key, own);
        return ReferenceEquals(flight, own);
    }

    /// <summary>Creates a flight that nobody can follow.</summary>
    public Flight Alone(string key) => new(this, key);

    /// <summary>The making of one image, led by one request and followed by others.</summary>
    internal sealed class Flight(Flights flights, string key)
    {
        private readonly TaskCompletionSource<FinishedImage?> _end = new(
            TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>The image; null where its leader did not make it, so that a follower has to lead.</summary>
        public Task<FinishedImage?> Image => _end.Task;

        /// <summary>Ends the flight; a second end has no effect.</summary>
        /// <param name="image">Null where the leader failed, for a reason that may be its own alone.</param>
        public void End(FinishedImage? image)
        {
            flights._flights.TryRemove(KeyValuePair.Create(key, this));
            _end.TrySetResult(image);
        }
    }
}
