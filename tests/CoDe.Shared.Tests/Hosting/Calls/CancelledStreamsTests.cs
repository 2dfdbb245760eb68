using System.Collections.Concurrent;
using CoDe.Hosting.Calls;
using CoDe.Hosting.Startup;
using CoDe.Protocol.V1;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace CoDe.Shared.Tests.Hosting.Calls;

/// <summary>Streams that their clients cancel.</summary>
public sealed class CancelledStreamsTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Stream_WrittenAfterItsClientCancelled_EndsWithoutAWarning()
    {
        var log = new ConcurrentQueue<string>();
        await using var app = await DraftingHost.StartAsync(new CancelledWriter(), new Warnings(log));
        var writer = app.Services.GetRequiredService<CancelledWriter>();
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{ServiceHost.PortOf(app)}");
        using var call = new Drafting.DraftingClient(channel).Draft(new DraftRequest());
        Assert.True(await call.ResponseStream.MoveNext(default).WaitAsync(Patience));

        call.Dispose();

        Assert.IsAssignableFrom<OperationCanceledException>(await writer.Failure.Task.WaitAsync(Patience));
        await app.StopAsync();
        Assert.Empty(log);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Stream_ReadTooLate_IsCancelledOnlyIfTheCallIs(bool isCancelled)
    {
        var reader = new CancelledStreams.Reader<int>(new CompletedReader(), new CancellationToken(isCancelled));

        var error = await Assert.ThrowsAnyAsync<Exception>(() => reader.MoveNext(default));

        Assert.Equal(isCancelled, error is OperationCanceledException);
    }

    /// <summary>Writes once before its client cancels and once after.</summary>
    private sealed class CancelledWriter : Drafting.DraftingBase
    {
        public TaskCompletionSource<Exception?> Failure { get; } =
            new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override async Task Draft(
            DraftRequest request, IServerStreamWriter<DraftEvent> responseStream, ServerCallContext context)
        {
            await responseStream.WriteAsync(new DraftEvent());
            var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await using var registration = context.CancellationToken.Register(cancelled.SetResult);
            await cancelled.Task;
            try
            {
                await responseStream.WriteAsync(new DraftEvent());
                Failure.SetResult(null);
            }
            catch (Exception error)
            {
                Failure.SetResult(error);
                throw;
            }
        }
    }

    /// <summary>Fails as the library's own reader after the end of its call.</summary>
    private sealed class CompletedReader : IAsyncStreamReader<int>
    {
        public int Current => 0;

        public Task<bool> MoveNext(CancellationToken cancellationToken)
            => throw new InvalidOperationException("Can't read messages after the request is complete.");
    }

    /// <summary>Keeps what is logged as a warning or worse.</summary>
    private sealed class Warnings(ConcurrentQueue<string> lines) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                lines.Enqueue($"{formatter(state, exception)} {exception?.Message}");
            }
        }

        public void Dispose()
        {
        }
    }
}
