using System.CommandLine;

namespace CoDe.Cli.Jobs;

/// <summary>The job that a command is about.</summary>
internal static class JobId
{
    public static Argument<string> Create() => new("id") { Description = "Id of the job." };
}
