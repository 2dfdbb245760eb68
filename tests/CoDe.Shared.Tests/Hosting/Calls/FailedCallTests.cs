using CoDe.Hosting.Startup;
using CoDe.Protocol.V1;
using CoDe.Testing;
using Grpc.Core;
using Grpc.Net.Client;
using Xunit;

namespace CoDe.Shared.Tests.Hosting.Calls;

/// <summary>Any exception of a call ends it with a status that says so, and the next call works.</summary>
public sealed class FailedCallTests
{
    [Fact]
    public async Task Call_ThatThrowsAnyException_EndsWithAStatusWithoutATrace()
    {
        var service = new FailingService();
        await using var app = await DraftingHost.StartAsync(service);
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{ServiceHost.PortOf(app)}");
        var client = new Drafting.DraftingClient(channel);
        foreach (var kind in ExceptionKinds.All)
        {
            service.Error = kind;
            var unary = await Assert.ThrowsAsync<RpcException>(
                async () => await client.StatusAsync(new StatusRequest()));
            using var call = client.Draft(new DraftRequest());
            var stream = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(default));
            Assert.All([unary, stream], status =>
            {
                Assert.NotEqual(StatusCode.OK, status.StatusCode);
                Assert.DoesNotContain("   at CoDe", status.Status.Detail, StringComparison.Ordinal);
            });
        }

        service.Error = null;
        Assert.NotNull(await client.StatusAsync(new StatusRequest()));
    }

    private sealed class FailingService : Drafting.DraftingBase
    {
        public Exception? Error { get; set; }

        public override Task<StageStatus> Status(StatusRequest request, ServerCallContext context)
            => Error is null ? Task.FromResult(new StageStatus()) : Task.FromException<StageStatus>(Error);

        public override Task Draft(
            DraftRequest request, IServerStreamWriter<DraftEvent> responseStream, ServerCallContext context)
            => Error is null ? Task.CompletedTask : Task.FromException(Error);
    }
}
