using System.CommandLine;

namespace CoDe.Cli.Jobs;

/// <summary><c>code jobs list</c>: a line a job, the newest first.</summary>
internal static class ListCommand
{
    public static Command Create()
    {
        var gateway = new GatewayOption();
        var command = new Command("list", "List jobs, the newest first.");
        gateway.AddTo(command);
        command.SetAction(async (result, cancellation) =>
        {
            using var jobs = gateway.Connect(result);
            await foreach (var job in jobs.ListAsync().WithCancellation(cancellation))
            {
                Console.Out.WriteLine(JobText.Of(job));
            }

            return 0;
        });
        return command;
    }
}
