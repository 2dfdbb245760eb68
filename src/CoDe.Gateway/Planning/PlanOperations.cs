using CoDe.Flow;
using CoDe.Planning;
using CoDe.Protocol.V1;

namespace CoDe.Gateway.Planning;

/// <summary>Plans for devices and goals, one after another: each takes a processor for up to seconds.</summary>
internal sealed class PlanOperations(OwnTimes own, IHostApplicationLifetime lifetime) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1);

    /// <exception cref="InvalidSettingException">A field is out of its range.</exception>
    /// <exception cref="NotReadyException">This gateway ends; another can be asked.</exception>
    public async Task<PlanResponse> PlanAsync(PlanRequest request, CancellationToken cancellation)
    {
        var times = request.Times.Count > 0
            ? PlanMapping.ToDomain(request.Times)
            : await own.ReadAsync(request.Model).ConfigureAwait(false);
        var planner = new Planner(new MeasuredTimes(times), PlanMapping.GoalOf(request));
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation, lifetime.ApplicationStopping);
        try
        {
            await _turn.WaitAsync(end.Token).ConfigureAwait(false);
            try
            {
                var plan = await Task.Run(() => planner.Plan(end.Token), end.Token).ConfigureAwait(false);
                return PlanMapping.ToWire(plan, times);
            }
            finally
            {
                _turn.Release();
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new NotReadyException("The service is shutting down.");
        }
    }

    public void Dispose() => _turn.Dispose();
}
