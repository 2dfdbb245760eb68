using System.CommandLine;

namespace CoDe.Cli.Jobs;

/// <summary><c>code jobs</c>: work of a service that takes minutes to hours.</summary>
internal static class JobsCommand
{
    public static Command Create() => new("jobs", "Submit jobs to a gateway, watch them and fetch their images.")
    {
        SubmitCommand.Create(),
        WatchCommand.Create(),
        ListCommand.Create(),
        CancelCommand.Create(),
        FetchCommand.Create(),
    };
}
