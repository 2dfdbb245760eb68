using System.CommandLine;
using CoDe.Cli.Options;
using CoDe.Engine.Serving;
using CoDe.Engine.Weights;

namespace CoDe.Cli.Synthesize;

/// <summary><c>code synthesize</c>: a checkpoint of random weights at a published size, for benchmarks.</summary>
internal static class SynthesizeCommand
{
    public static Command Create()
    {
        var depth = NumberOption.Integer<int>("--depth", "Depth of a transformer: 16, 20, 24, 30, 36 or any other.");
        var vqvae = new Option<bool>("--vqvae") { Description = "The VQVAE instead." };
        var type = new WeightTypeOption();
        var output = OutputOption.Create("The .safetensors file to write.");
        var command = new Command("synthesize", "Write random weights of a published size.")
        {
            depth, vqvae, output,
        };
        type.AddTo(command);
        command.SetAction(result =>
        {
            if (result.GetValue(vqvae) == (result.GetValue(depth) is not null))
            {
                throw new UsageException("give either --depth or --vqvae.");
            }

            var model = result.GetValue(vqvae)
                ? ModelSource.SyntheticVqvae
                : FormattableString.Invariant($"{ModelSource.Synthetic}d{result.GetValue(depth)}");
            using var checkpoint = ModelSource.Open(model);
            SafetensorsWriter.Write(result.GetValue(output)!, checkpoint, type.Read(result));
            var file = new FileInfo(result.GetValue(output)!);
            Console.Out.WriteLine(FormattableString.Invariant(
                $"{result.GetValue(output)}: {file.Length / 1048576.0:0.0} MiB"));
            return 0;
        });
        return command;
    }
}
