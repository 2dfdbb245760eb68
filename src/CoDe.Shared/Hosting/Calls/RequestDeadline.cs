using System.IO.Pipelines;
using CoDe.Flow;
using CoDe.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace CoDe.Hosting.Calls;

/// <summary>
/// Ends gRPC calls whose request does not come in whole in time. Kestrel's least data rate is an average since a
/// connection began to send: after a burst it may send nothing for hours.
/// </summary>
/// <param name="allowed">Time from the headers to the end of the request.</param>
internal sealed class RequestDeadline(RequestDelegate next, TimeSpan allowed, TimeProvider time)
{
    public Task InvokeAsync(HttpContext http)
    {
        http.Features.Set<IRequestBodyPipeFeature>(new Body(http.Request.BodyReader, allowed, time));
        return next(http);
    }

    /// <summary>Reads the body of a request until the deadline.</summary>
    private sealed class Body(PipeReader body, TimeSpan allowed, TimeProvider time)
        : PipeReader, IRequestBodyPipeFeature
    {
        private readonly long _started = time.GetTimestamp();

        public PipeReader Reader => this;

        public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
        {
            var reading = body.ReadAsync(cancellationToken);

            // Most requests are there at once, and need no timer.
            return reading.IsCompletedSuccessfully
                ? new ValueTask<ReadResult>(InTime(reading.Result))
                : WaitAsync(reading);
        }

        public override bool TryRead(out ReadResult result)
        {
            var isRead = body.TryRead(out result);
            result = InTime(result);
            return isRead;
        }

        public override void AdvanceTo(SequencePosition consumed) => body.AdvanceTo(consumed);

        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
            => body.AdvanceTo(consumed, examined);

        public override void CancelPendingRead() => body.CancelPendingRead();

        public override void Complete(Exception? exception = null) => body.Complete(exception);

        private async ValueTask<ReadResult> WaitAsync(ValueTask<ReadResult> reading)
        {
            var left = allowed - time.GetElapsedTime(_started);
            using var timer = time.CreateTimer(
                static reader => ((PipeReader)reader!).CancelPendingRead(), body,
                left > TimeSpan.Zero ? left : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
            return InTime(await reading.ConfigureAwait(false));
        }

        private ReadResult InTime(ReadResult result) => !result.IsCanceled ? result
            : throw StatusMapping.CallEnd(new DeadlineException(
                FormattableString.Invariant($"The request did not come in whole within {allowed.TotalSeconds} s.")));
    }
}
