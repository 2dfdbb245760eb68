using System.CommandLine;
using CoDe.Cli.Options;

namespace CoDe.Cli.Verify;

/// <summary><c>code verify</c>: decodes every case of a folder of golden cases and compares.</summary>
internal static class VerifyCommand
{
    public static Command Create()
    {
        var device = new DeviceOptions();
        var folder = new Argument<string>("folder")
        {
            Description = "A folder with models, cases.json and what the published implementation computed.",
        };
        const string Description =
            "Compare with what the published implementation computed: tokens, logits, feature maps, images.";
        var command = new Command("verify", Description) { folder };
        device.AddTo(command);
        command.SetAction(result =>
        {
            using var backend = device.Create(result);
            using var goldens = GoldenFolder.Open(backend, result.GetValue(folder)!);
            return Report.Print(backend.Description, goldens.Check(), Console.Out);
        });
        return command;
    }
}
