using CoDe.Protocol.V1;

namespace CoDe.Cli.Jobs;

/// <summary>A job as a line of text.</summary>
internal static class JobText
{
    public static string Of(Job job)
    {
        var request = job.Request;
        var line = FormattableString.Invariant(
            $"{job.Id}: {StateOf(job)}, {job.Done} of {job.Images} images, {request.Model}, N = {request.Steps}, ")
            + FormattableString.Invariant($"seed {request.Seed}, labels {string.Join(", ", request.Labels)}");
        return job.Message.Length > 0 ? $"{line} ({job.Message})" : line;
    }

    public static string StateOf(Job job) => job.State switch
    {
        JobState.Running => "running",
        JobState.Done => "done",
        JobState.Cancelled => "cancelled",
        JobState.Failed => "failed",
        _ => $"{job.State}",
    };
}
