using CoDe.Flow;
using CoDe.Gateway.Lanes;

namespace CoDe.Gateway.Requests;

/// <summary>Bounds the images in a state that the queue does not count, for all callers and for each.</summary>
/// <param name="limit">The most images at a time.</param>
/// <param name="state">What is with the images, for messages.</param>
internal sealed class ImagePlaces(int limit, string state)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, int> _ofCallers = new(StringComparer.Ordinal);
    private int _taken;

    /// <returns>The places, to be given back by disposing of them.</returns>
    /// <exception cref="OverloadedException">There is no room for so many images.</exception>
    public IDisposable Enter(string caller, int images)
    {
        lock (_lock)
        {
            var own = _ofCallers.GetValueOrDefault(caller);
            var free = limit - _taken - images;
            if (free < 0)
            {
                throw new OverloadedException(
                    FormattableString.Invariant($"{_taken} of at most {limit} images {state}"));
            }

            if (FairShare.IsExceeded(own, images, free))
            {
                throw new OverloadedException(FormattableString.Invariant(
                    $"{own} images of this caller {state}, and the rest of the {limit} places is kept for others"));
            }

            _taken += images;
            _ofCallers[caller] = own + images;
        }

        return new Places(this, caller, images);
    }

    private void Leave(string caller, int images)
    {
        lock (_lock)
        {
            _taken -= images;
            _ofCallers[caller] -= images;
            if (_ofCallers[caller] == 0)
            {
                _ofCallers.Remove(caller);
            }
        }
    }

    private sealed class Places(ImagePlaces all, string caller, int images) : IDisposable
    {
        private int _isLeft;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isLeft, 1) == 0)
            {
                all.Leave(caller, images);
            }
        }
    }
}
