using CoDe.Testing.Processes;
using Xunit;

namespace CoDe.EndToEnd.Examples;

/// <summary>A gateway for all tests of a class, and what it should answer.</summary>
public sealed class RunningGateway : IAsyncLifetime
{
    private ServiceProcess? _process;

    internal ReferenceImages Reference { get; } = new();

    internal string Address => $"127.0.0.1:{_process!.Port}";

    public async Task InitializeAsync() => _process = await ServiceProcess.StartGatewayAsync();

    public async Task DisposeAsync()
    {
        Reference.Dispose();
        await (_process?.DisposeAsync() ?? ValueTask.CompletedTask);
    }
}
