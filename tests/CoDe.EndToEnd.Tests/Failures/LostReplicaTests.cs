using CoDe.Protocol.V1;
using CoDe.Testing.Processes;
using Grpc.Net.Client;
using Xunit;

namespace CoDe.EndToEnd.Failures;

/// <summary>
/// Kills processes under load: no accepted request is lost, and every image is the same as without failures.
/// </summary>
public sealed class LostReplicaTests
{
    private const int Clients = 4;
    private const int Requests = 40;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Refiner_ThatIsKilled_LosesNoRequest()
    {
        await using var drafter = await ServiceProcess.StartDrafterAsync();
        await using var lost = await ServiceProcess.StartRefinerAsync();
        await using var kept = await ServiceProcess.StartRefinerAsync();
        await using var gateway = await StartGatewayAsync(drafter, lost, kept);
        await LoadAsync(gateway, half: lost.KillAsync);
    }

    [Fact]
    public async Task OnlyDrafter_ThatIsKilledAndStartedAgain_LosesNoRequest()
    {
        await using var drafter = await ServiceProcess.StartDrafterAsync();
        await using var refiner = await ServiceProcess.StartRefinerAsync();
        await using var gateway = await StartGatewayAsync(drafter, refiner);
        ServiceProcess? again = null;
        try
        {
            await LoadAsync(gateway, half: async () =>
            {
                await drafter.KillAsync();
                again = await ServiceProcess.StartDrafterAsync(drafter.Port);
            });
        }
        finally
        {
            await (again?.DisposeAsync() ?? ValueTask.CompletedTask);
        }
    }

    [Fact]
    public async Task Refiner_ThatIsToldToEnd_FinishesWhatItAcceptedAndEndsWell()
    {
        await using var drafter = await ServiceProcess.StartDrafterAsync();
        await using var leaving = await ServiceProcess.StartRefinerAsync();
        await using var kept = await ServiceProcess.StartRefinerAsync();
        await using var gateway = await StartGatewayAsync(drafter, leaving, kept);
        await LoadAsync(gateway, half: async () => Assert.Equal(0, await leaving.StopAsync()));
    }

    /// <summary>Clients that ask one after the other; when half of all is answered something happens.</summary>
    private static async Task LoadAsync(ServiceProcess gateway, Func<Task> half)
    {
        using var reference = new ReferenceImages();
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{gateway.Port}");
        var client = new Generation.GenerationClient(channel);
        var (next, answered, happened) = (0, 0, Task.CompletedTask);
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(async _ =>
        {
            for (int number; (number = Interlocked.Increment(ref next)) <= Requests;)
            {
                var response = await client.GenerateAsync(
                    NumberedRequest.Of(number), deadline: TimeProvider.System.GetUtcNow().UtcDateTime + Patience);
                lock (reference)
                {
                    Assert.True(response.Images[0].Image.Data.Span.SequenceEqual(
                        reference.Decode((ulong)number, 8, $"{number % 10}").Images[0].Rgb), $"request {number}");
                }

                if (Interlocked.Increment(ref answered) == Requests / 2)
                {
                    happened = half();
                }
            }
        }));
        await happened;
        Assert.Equal(Requests, answered);
    }

    private static Task<ServiceProcess> StartGatewayAsync(ServiceProcess drafter, params ServiceProcess[] refiners)
        => ServiceProcess.StartGatewayAsync(
            [
                $"--Gateway:Drafters:0=http://127.0.0.1:{drafter.Port}",
                .. refiners.Select((refiner, index) => $"--Gateway:Refiners:{index}=http://127.0.0.1:{refiner.Port}"),
            ]);
}
