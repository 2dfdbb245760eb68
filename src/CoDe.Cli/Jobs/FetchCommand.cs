using System.CommandLine;
using CoDe.Cli.Options;

namespace CoDe.Cli.Jobs;

/// <summary><c>code jobs fetch</c>: the images of a job into a folder or an <c>.npz</c>.</summary>
internal static class FetchCommand
{
    private const string NpzEnding = ".npz";

    public static Command Create()
    {
        var gateway = new GatewayOption();
        var id = JobId.Create();
        var output = OutputOption.Create(
            "A folder for a file an image, or a file ending in .npz for all of a finished job (arr_0).");
        var command = new Command("fetch", "Fetch the images of a job; of a running one, those that are done.")
        {
            id, output,
        };
        gateway.AddTo(command);
        command.SetAction(async (result, cancellation) =>
        {
            using var jobs = gateway.Connect(result);
            var job = await jobs.GetAsync(result.GetValue(id)!, cancellation);
            var path = result.GetValue(output)!;
            var written = path.EndsWith(NpzEnding, StringComparison.OrdinalIgnoreCase)
                ? await JobImages.WriteNpzAsync(job, jobs.ImagesAsync(job.Id), path, cancellation)
                : await JobImages.WriteFolderAsync(jobs.ImagesAsync(job.Id), path, cancellation);
            Console.Out.WriteLine(FormattableString.Invariant($"{path}: {written} of {job.Images} images"));
            return 0;
        });
        return command;
    }
}
