using CoDe.Testing.Processes;

namespace CoDe.Resilience.Gateways;

/// <summary>A way in which the dispatching gateway goes away.</summary>
internal sealed record LossOfGateway(string Name, Func<ServiceProcess, Task> HappenAsync)
{
    public static IReadOnlyList<LossOfGateway> All { get; } =
    [
        new("SIGKILL", gateway => gateway.KillAsync()),
        new("SIGSTOP", gateway =>
        {
            Signals.Pause(gateway.ProcessId);
            return Task.CompletedTask;
        }),
        new("SIGTERM", gateway => gateway.StopAsync()),
    ];
}
