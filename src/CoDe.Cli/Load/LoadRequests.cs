using CoDe.Protocol.V1;

namespace CoDe.Cli.Load;

/// <summary>Draws the requests of a plan, the same ones in the same order for a seed.</summary>
internal sealed class LoadRequests(LoadPlan plan)
{
    private readonly Lock _lock = new();
    private readonly Random _random = new(plan.Seed);

    public GenerateRequest Next()
    {
        lock (_lock)
        {
            var request = new GenerateRequest
            {
                Model = plan.Model,
                Count = plan.Counts.Draw(_random.NextDouble()),
                Labels = { plan.Labels[_random.Next(plan.Labels.Count)] },
            };
            if (plan.Steps is { } steps)
            {
                request.Steps = steps.Draw(_random.NextDouble());
            }

            return request;
        }
    }
}
