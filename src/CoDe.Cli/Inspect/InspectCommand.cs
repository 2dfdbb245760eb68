using System.CommandLine;
using System.Globalization;
using CoDe.Engine.Compute;
using CoDe.Engine.Serving;
using CoDe.Engine.Var;
using CoDe.Engine.Vqvae;
using CoDe.Engine.Weights;

namespace CoDe.Cli.Inspect;

/// <summary><c>code inspect</c>: what is in a checkpoint, and whether it fits the model it seems to be; or what a device is.</summary>
internal static class InspectCommand
{
    public static Command Create()
    {
        var path = new Argument<string?>("checkpoint") { Description = "A .pth or .safetensors file, or a synthetic: model.", Arity = ArgumentArity.ZeroOrOne };
        var device = new Option<string?>("--device") { Description = "Print what a device is: cpu." };
        var all = new Option<bool>("--tensors") { Description = "List every tensor." };
        var command = new Command("inspect", "Print the hyperparameters, size and type of a checkpoint, and anything unexpected in it; or what a device is.") { path, all, device };
        command.SetAction(result =>
        {
            if (result.GetValue(device) is { } name)
            {
                using var backend = Options.DeviceOptions.Read(new Engine.Serving.DeviceOptions { Name = name }).Create();
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
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{checkpoint.Path}: {checkpoint.Tensors.Count} tensors"));
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

        foreach (var (name, tensor) in checkpoint.Tensors.Where(_ => allTensors).OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            output.WriteLine($"  {name} ({string.Join(" x ", tensor.Shape)}) {tensor.Type}");
        }

        return found == 0 || problems > 0 ? 1 : 0;
    }

    private static int PrintModel(Checkpoint checkpoint, string within, string description, Manifest manifest, TextWriter output)
    {
        var needed = manifest.Needed.Select(entry => within + entry.Name).Where(checkpoint.Tensors.ContainsKey).Select(name => checkpoint.Tensors[name]).ToArray();
        var parameters = needed.Sum(Count);
        var types = needed.GroupBy(tensor => tensor.Type).OrderByDescending(group => group.Sum(Count)).Select(group => group.Key);
        output.WriteLine(description);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"  {parameters:N0} parameters, {string.Join(" and ", types)}, {needed.Sum(tensor => Count(tensor) * tensor.Type.Size()) / 1048576.0:0.0} MiB{(within.Length > 0 ? $", under {within}" : "")}"));
        var problems = manifest.Problems(checkpoint, within);
        foreach (var problem in problems)
        {
            output.WriteLine($"  {problem}");
        }

        return problems.Count;
    }

    private static long Count(TensorInfo tensor) => tensor.Shape.Aggregate(1L, (product, size) => product * size);

    private static string Describe(VarConfig config) => string.Create(CultureInfo.InvariantCulture, $"""
        VAR-d{config.Depth}
          depth {config.Depth}, width {config.Width}, {config.Heads} heads of {config.HeadWidth}, hidden {config.HiddenWidth}
          {config.Classes} classes, {config.Vocabulary} codes of {config.CodeWidth} channels
          {(config.NormalizedAttention ? "L2-normalised" : "plain")} attention, {(config.SharedAdaLn ? "shared AdaLN" : "AdaLN in every block")}
          {config.Schedule.Count} scales of side {config.Schedule}: {config.Schedule.TotalTokens} tokens
        """);

    private static string Describe(VqvaeConfig config) => string.Create(CultureInfo.InvariantCulture, $"""
        VQVAE
          {config.Vocabulary} codes of {config.CodeWidth} channels, widths {string.Join(", ", config.Widths)}, {config.Blocks} blocks a resolution
          {config.ResidualConvolutions} residual convolution{(config.ResidualConvolutions == 1 ? "" : "s")} ({config.Sharing switch { ResidualSharing.Full => "one for all scales", ResidualSharing.Partial => "shared between scales", _ => "one a scale" }}), images {config.ImageSide(1)} times the feature map's side
        """);
}
