using CoDe.Protocol;
using CoDe.Protocol.V1;
using Grpc.Core;
using Xunit;

namespace CoDe.Gateway.Tests.Callers;

/// <summary>Keys that come and go while the gateway runs.</summary>
public sealed class RevokedKeyTests(ClosedGateway closed) : IClassFixture<ClosedGateway>
{
    [Fact]
    public async Task Key_TakenOutOfTheFile_IsRefusedFromThenOn()
    {
        var key = ApiKey.Create();
        var client = new Generation.GenerationClient(closed.Gateway.As(key));
        Assert.Equal(StatusCode.Unauthenticated, await StatusOfAsync(client));
        closed.WriteKeys(ClosedGateway.LineOf("guest", key, ""));
        await UntilAsync(client, StatusCode.OK);
        closed.WriteKeys();
        await UntilAsync(client, StatusCode.Unauthenticated);
        Assert.Equal(
            StatusCode.OK, await StatusOfAsync(new Generation.GenerationClient(closed.Gateway.As(closed.GenerateKey))));
    }

    private static async Task UntilAsync(Generation.GenerationClient client, StatusCode status)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (await StatusOfAsync(client) != status)
        {
            await Task.Delay(20, patience.Token);
        }
    }

    private static async Task<StatusCode> StatusOfAsync(Generation.GenerationClient client)
    {
        try
        {
            await client.ListModelsAsync(new ListModelsRequest());
            return StatusCode.OK;
        }
        catch (RpcException error)
        {
            return error.StatusCode;
        }
    }
}
