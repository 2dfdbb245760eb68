using System.CommandLine;
using CoDe.Cli.Options;
using CoDe.Engine.Compute;
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
        var type = new Option<string>("--type")
        {
            Description = "Type of the weights.",
            DefaultValueFactory = _ => "f32",
        };
        var output = OutputOption.Create("The .safetensors file to write.");
        type.AcceptOnlyFromAmong("f32", "f16", "bf16");
        var command = new Command("synthesize", "Write random weights of a published size.")
        {
            depth, vqvae, type, output,
        };
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
            SafetensorsWriter.Write(result.GetValue(output)!, checkpoint, ElementTypeOf(result.GetValue(type)!));
            var file = new FileInfo(result.GetValue(output)!);
            Console.Out.WriteLine(FormattableString.Invariant(
                $"{result.GetValue(output)}: {file.Length / 1048576.0:0.0} MiB"));
            return 0;
        });
        return command;
    }

    private static ElementType ElementTypeOf(string name) => name switch
    {
        "f16" => ElementType.Float16,
        "bf16" => ElementType.BFloat16,
        _ => ElementType.Float32,
    };
}
