using System.CommandLine;
using System.Globalization;
using CoDe.Engine.Compute;
using CoDe.Engine.Serving;
using CoDe.Engine.Var;
using CoDe.Engine.Vqvae;
using CoDe.Engine.Weights;

namespace CoDe.Cli.Inspect;

/// <summary>
/// Command <c>code inspect</c>: prints the contents of a checkpoint and its differences from the model, or describes a
/// device.
/// </summary>
internal static class InspectCommand
{
    public static Command Create()
    {
        var path = new Argument<string?>("checkpoint")
        {
            Description = "A .pth or .safetensors file, or a synthetic: model.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var device = new Option<string?>("--device") { Description = "Print what a device is: cpu." };
        var all = new Option<bool>("--tensors") { Description = "List every tensor." };
        const string Description =
            "Print hyperparameters, size and type of a checkpoint and anything unexpected in it; or describe a device.";
        var command = new Command("inspect", Description) { path, all, device };
        command.SetAction(result =>
        {
            if (result.GetValue(device) is { } name)
            {
                using var backend = Options.DeviceOptions.Read(new Engine.Serving.DeviceOptions { Name = name })
                    .Create();
                Console.Out.WriteLine(backend.Description);
            }

            using var checkpoint = result.GetValue(path) is { } file ? ModelSource.Open(file) : null;
            return checkpoint is not null ? Print(checkpoint, result.GetValue(all), Console.Out)
                : result.GetValue(device) is not null ? 0
                : throw new UsageException("inspect needs a checkpoint or a --device.");
        });
        return command;
    }

    /// <returns>0 where every model in the file is complete, else 1.</returns>
    internal static int Print(Checkpoint checkpoint, bool allTensors, TextWriter output)
    {
        output.WriteLine(FormattableString.Invariant($"{checkpoint.Path}: {checkpoint.Tensors.Count} tensors"));
        var found = 0;
        var problems = 0;
        if (checkpoint.FindPrefix(VarConfig.Marker) is { } var)
        {
            var config = VarConfig.Read(checkpoint, var);
            problems += PrintModel(checkpoint, var, Describe(config), config.Manifest(), output);
            found++;
        }

        if (checkpoint.FindPrefix(VqvaeConfig.Marker) is { } vqvae)
        {
            var config = VqvaeConfig.Read(checkpoint, vqvae);
            problems += PrintModel(checkpoint, vqvae, Describe(config), config.Manifest(), output);
            found++;
        }

        if (found == 0)
        {
            output.WriteLine($"No VAR and no VQVAE: there is no {VarConfig.Marker} and no {VqvaeConfig.Marker}.");
        }

        var listed = checkpoint.Tensors.Where(_ => allTensors);
        foreach (var (name, tensor) in listed.OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            output.WriteLine($"  {name} ({string.Join(" x ", tensor.Shape)}) {tensor.TypeName}");
        }

        return found == 0 || problems > 0 ? 1 : 0;
    }

    private static int PrintModel(
        Checkpoint checkpoint, string within, string description, Manifest manifest, TextWriter output)
    {
        var needed = manifest.Needed.Select(entry => within + entry.Name)
            .Where(checkpoint.Tensors.ContainsKey).Select(name => checkpoint.Tensors[name]).ToArray();
        var parameters = needed.Sum(Count);
        var types = needed.GroupBy(tensor => tensor.Type)
            .OrderByDescending(group => group.Sum(Count)).Select(group => group.Key);
        output.WriteLine(description);
        var mebibytes = needed.Sum(tensor => Count(tensor) * tensor.Type.Size()) / 1048576.0;
        var place = within.Length > 0 ? $", under {within}" : "";
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"  {parameters:N0} parameters, {string.Join(" and ", types)}, {mebibytes:0.0} MiB{place}"));
        var problems = manifest.Problems(checkpoint, within);
        foreach (var problem in problems)
        {
            output.WriteLine($"  {problem}");
        }

        return problems.Count;
    }

    private static long Count(TensorInfo tensor) => tensor.Shape.Aggregate(1L, (product, size) => product * size);

    private static string Describe(VarConfig config)
    {
        var (heads, width) = (config.Heads, config.HeadWidth);
        var attention = config.NormalizedAttention ? "L2-normalised" : "plain";
        var modulation = config.SharedAdaLn ? "shared AdaLN" : "AdaLN in every block";
        return string.Create(CultureInfo.InvariantCulture, $"""
            VAR-d{config.Depth}
              depth {config.Depth}, width {config.Width}, {heads} heads of {width}, hidden {config.HiddenWidth}
              {config.Classes} classes, {config.Vocabulary} codes of {config.CodeWidth} channels
              {attention} attention, {modulation}
              {config.Schedule.Count} scales of side {config.Schedule}: {config.Schedule.TotalTokens} tokens
            """);
    }

    private static string Describe(VqvaeConfig config)
    {
        var (codes, widths) = (config.Vocabulary, string.Join(", ", config.Widths));
        var convolutions = config.ResidualConvolutions == 1 ? "convolution" : "convolutions";
        var sharing = config.Sharing switch
        {
            ResidualSharing.Full => "one for all scales",
            ResidualSharing.Partial => "shared between scales",
            _ => "one a scale",
        };
        var residual = FormattableString.Invariant(
            $"{config.ResidualConvolutions} residual {convolutions} ({sharing})");
        return string.Create(CultureInfo.InvariantCulture, $"""
            VQVAE
              {codes} codes of {config.CodeWidth} channels, widths {widths}, {config.Blocks} blocks a resolution
              {residual}, images {config.ImageSide(1)} times the feature map's side
            """);
    }
}
