using CoDe.Protocol.V1;
using CoDe.Resilience.Load;
using CoDe.Testing.Processes;
using Google.Protobuf;
using Grpc.Core;

namespace CoDe.Resilience.Memory;

/// <summary>Everything that clients do, in turn: also what they should not, and that they leave.</summary>
internal sealed class MixedLoad(Generation.GenerationClient client, int port)
{
    private const int Side = 64;
    private const int Labels = 10;

    private static readonly ByteString Picture = ByteString.CopyFrom(
        Enumerable.Range(0, Side * Side * 3).Select(index => (byte)index).ToArray());
    private static readonly ByteString Half = ByteString.CopyFrom(
        Enumerable.Range(0, Side * Side * 3).Select(index => (byte)(index < Side * Side * 3 / 2 ? 255 : 0)).ToArray());

    private (string Name, Func<int, Task> Send)[] Kinds =>
    [
        ("Generate", GenerateAsync),
        ("GenerateStream", StreamAsync),
        ("Generate", GenerateAsync),
        ("GenerateStream, cancelled at the first scale", CancelAsync),
        ("Generate of 3 images with tokens", SeveralAsync),
        ("Generate", GenerateAsync),
        ("a wrong request", WrongAsync),
        ("Edit", EditAsync),
        ("GenerateStream, whose client vanishes at the first scale", VanishAsync),
        ("Generate, whose client vanishes at once", VanishAtOnceAsync),
    ];

    public string NameOf(int number) => Kinds[number % Kinds.Length].Name;

    /// <exception cref="RpcException">It did not end as it should.</exception>
    public Task SendAsync(int number) => Kinds[number % Kinds.Length].Send(number);

    private static GenerateRequest RequestOf(int number)
        => new() { Labels = { $"{number / Labels % Labels}" }, Seed = (ulong)number, Steps = 8 };

    private static Image ImageOf(ByteString rgb)
        => new() { Width = Side, Height = Side, Format = ImageFormat.Rgb, Data = rgb };

    private static async Task ExpectAsync(Func<Task> call, params StatusCode[] expected)
    {
        try
        {
            await call();
        }
        catch (RpcException error) when (expected.Contains(error.StatusCode))
        {
            return;
        }

        throw new RpcException(
            new Status(StatusCode.Unknown, $"ended well instead of as {string.Join(" or ", expected)}"));
    }

    private static async Task<bool> ReadToScaleAsync(IAsyncStreamReader<GenerateEvent> events)
    {
        while (await events.MoveNext(CancellationToken.None))
        {
            if (events.Current.EventCase == GenerateEvent.EventOneofCase.ScaleDone)
            {
                return true;
            }
        }

        throw new RpcException(new Status(StatusCode.DataLoss, "the stream had no scale"));
    }

    private async Task GenerateAsync(int number) => await client.GenerateAsync(RequestOf(number));

    private async Task SeveralAsync(int number)
    {
        var request = RequestOf(number);
        (request.Count, request.Tokens) = (3, true);
        await client.GenerateAsync(request);
    }

    private async Task StreamAsync(int number)
    {
        using var call = client.GenerateStream(RequestOf(number));
        await foreach (var _ in call.ResponseStream.ReadAllAsync())
        {
        }
    }

    private Task CancelAsync(int number) => ExpectAsync(
        async () =>
        {
            using var leave = new CancellationTokenSource();
            using var call = client.GenerateStream(RequestOf(number), cancellationToken: leave.Token);
            await ReadToScaleAsync(call.ResponseStream);
            await leave.CancelAsync();
            while (await call.ResponseStream.MoveNext(CancellationToken.None))
            {
            }
        },
        StatusCode.Cancelled);

    private async Task EditAsync(int number) => await client.EditAsync(
        new EditRequest { Request = RequestOf(number), Image = ImageOf(Picture), Mask = ImageOf(Half) });

    private Task WrongAsync(int number)
    {
        var request = RequestOf(number);
        Action<GenerateRequest>[] faults =
        [
            wrong => wrong.Labels[0] = "sphere",
            wrong => wrong.Steps = 11,
            wrong => wrong.Count = 1_000_000,
            wrong => wrong.Settings = new Settings { Guidance = double.NaN },
            wrong => wrong.Model = "none such",
        ];
        faults[number / Labels % faults.Length](request);
        return ExpectAsync(
            async () => await client.GenerateAsync(request), StatusCode.InvalidArgument, StatusCode.NotFound);
    }

    private async Task VanishAsync(int number)
    {
        try
        {
            await using var relay = new TcpRelay(port);
            using var channel = Channels.To(relay.Port);
            using var call = new Generation.GenerationClient(channel).GenerateStream(RequestOf(number));
            await ReadToScaleAsync(call.ResponseStream);
            relay.Cut();
            while (await call.ResponseStream.MoveNext(CancellationToken.None))
            {
            }
        }
        catch (RpcException error) when (error.StatusCode == StatusCode.Unavailable)
        {
            // As it should; where stages take no time all of the stream may be here before the connection is gone.
        }
    }

    private Task VanishAtOnceAsync(int number) => ExpectAsync(
        async () =>
        {
            await using var relay = new TcpRelay(port);
            using var channel = Channels.To(relay.Port);
            var client = new Generation.GenerationClient(channel);
            await client.ListModelsAsync(new ListModelsRequest());
            var call = client.GenerateAsync(RequestOf(number));
            await Task.Yield();
            relay.Cut();
            await call;
        },
        StatusCode.Unavailable);
}
