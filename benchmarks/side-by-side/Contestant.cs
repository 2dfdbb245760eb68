namespace CoDe.Benchmarks.SideBySide;

/// <summary>A program that is timed as a process of its own.</summary>
/// <param name="Name">Name in the table.</param>
internal sealed record Contestant(string Name, string Program, IReadOnlyList<string> Arguments)
{
    /// <summary>Published implementation on PyTorch, in float32.</summary>
    public const string PyTorch = "pytorch";

    /// <summary>Published algorithm on libtorch, followed by the type.</summary>
    private const string LibTorch = "libtorch:";

    /// <summary>Names of all published contestants.</summary>
    public static IReadOnlyList<string> AllPublished { get; } = [PyTorch, LibTorch + "f32", LibTorch + "bf16"];

    /// <summary>Names of all contestants of ours: device and precision.</summary>
    public static IReadOnlyList<string> AllOurs { get; } =
        ["cpu:f32", "cpu:bf16-weights", "cpu:bf16", "torch:f32", "torch:bf16"];

    /// <param name="name">One of <see cref="AllPublished"/>.</param>
    /// <param name="python">An interpreter that has PyTorch.</param>
    /// <param name="script"><c>reference_bench.py</c></param>
    public static Contestant Published(string name, Settings settings, string python, string script)
        => name == PyTorch
            ? new("published, PyTorch", python, [script, .. settings.Reference()])
            : new(
                $"published, libtorch, {TypeOf(name)}", Sibling("published"),
                ["--type", TypeOf(name), .. settings.Reference()]);

    /// <param name="name">One of <see cref="AllOurs"/>.</param>
    /// <param name="stage">draft or refine for one stage alone; null for all.</param>
    public static Contestant Ours(string name, Settings settings, string? stage = null) => new(
        $"CoDe, {name.Replace(":", ", ", StringComparison.Ordinal)}{(stage is null ? "" : $", {stage} alone")}",
        Sibling("code"),
        [
            "bench", "--json", "--device", name.Split(':')[0], "--precision", TypeOf(name),
            .. stage is null ? Array.Empty<string>() : ["--stage", stage], .. settings.Ours(),
        ]);

    public Task<Timing> RunAsync() => Timing.OfAsync(Program, Arguments);

    private static string TypeOf(string name) => name.Split(':')[1];

    private static string Sibling(string program) => Path.Combine(AppContext.BaseDirectory, program);
}
