using System.CommandLine;

namespace CoDe.Cli.Jobs;

/// <summary><c>code jobs cancel</c>: cancels a job; what is done stays.</summary>
internal static class CancelCommand
{
    public static Command Create()
    {
        var gateway = new GatewayOption();
        var id = JobId.Create();
        var command = new Command("cancel", "Cancel a job; the images that are done stay.") { id };
        gateway.AddTo(command);
        command.SetAction(async (result, cancellation) =>
        {
            using var jobs = gateway.Connect(result);
            Console.Out.WriteLine(JobText.Of(await jobs.CancelAsync(result.GetValue(id)!, cancellation)));
            return 0;
        });
        return command;
    }
}
