using System.CommandLine;
using CoDe.Protocol.V1;

namespace CoDe.Cli.Jobs;

/// <summary><c>code jobs watch</c>: shows the progress of a job until it is finished.</summary>
internal static class WatchCommand
{
    public static Command Create()
    {
        var gateway = new GatewayOption();
        var id = JobId.Create();
        var command = new Command("watch", "Watch a job until it is finished; exit code 0 if it is done.")
        {
            id,
        };
        gateway.AddTo(command);
        command.SetAction(async (result, cancellation) =>
        {
            using var jobs = gateway.Connect(result);
            var job = await jobs.WatchAsync(result.GetValue(id)!, Show, ShowLoss, cancellation);
            return job.State == JobState.Done ? 0 : 1;
        });
        return command;

        void Show(Job job) => Console.Error.WriteLine(JobText.Of(job));

        void ShowLoss(string reason) => Console.Error.WriteLine($"{reason.TrimEnd('.')}. Trying again.");
    }
}
