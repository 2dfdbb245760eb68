using Xunit;

namespace CoDe.Gateway.Tests.Http;

/// <summary>
/// Base of tests that use one gateway in front of one <see cref="StageDouble"/>, made anew for each test.
/// </summary>
public abstract class DoubleStageTests : IAsyncLifetime
{
    internal StageDouble Stage { get; private set; } = null!;

    internal GatewayServer Gateway { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Stage = await StageDouble.StartAsync();
        Gateway = await GatewayServer.StartAsync([Stage.Address], [Stage.Address]);
    }

    public async Task DisposeAsync()
    {
        await Gateway.DisposeAsync();
        await Stage.DisposeAsync();
    }
}
