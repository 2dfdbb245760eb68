using System.CommandLine;
using System.Text.Json;
using CoDe.Benchmarks.PublishedOnLibTorch;
using CoDe.Engine.Compute.Torch.Native;
using CoDe.Flow;
using TorchSharp;

var drafter = new Option<int>("--drafter") { Description = "Depth.", DefaultValueFactory = _ => 30 };
var refiner = new Option<int>("--refiner") { Description = "Depth.", DefaultValueFactory = _ => 16 };
var steps = new Option<int>("--steps") { Description = "N.", DefaultValueFactory = _ => 8 };
var batch = new Option<int>("--batch") { DefaultValueFactory = _ => 1 };
var threads = new Option<int>("--threads") { DefaultValueFactory = _ => Environment.ProcessorCount };
var mode = new Option<string>("--mode")
{
    Description = "code, or var for the drafter alone.",
    DefaultValueFactory = _ => "code",
};
mode.AcceptOnlyFromAmong("code", "var");
var runs = new Option<int>("--runs")
{
    Description = "Runs after one warm-up; the result is their median.",
    DefaultValueFactory = _ => 3,
};
var guidance = new Option<double>("--cfg") { DefaultValueFactory = _ => 4 };
var type = new Option<string>("--type")
{
    Description = "f32 or bf16: the type of weights and activations.",
    DefaultValueFactory = _ => "f32",
};
type.AcceptOnlyFromAmong("f32", "bf16");
var stage = new Option<string>("--stage")
{
    Description = "all, or draft for drafting alone.",
    DefaultValueFactory = _ => "all",
};
stage.AcceptOnlyFromAmong("all", "draft");
var verify = new Option<string>("--verify")
{
    Description = "A folder of golden cases to decode and compare instead of timing.",
};
var root = new RootCommand("Times the published algorithm, operator for operator, on libtorch, with random weights.")
{
    drafter, refiner, steps, batch, threads, mode, runs, guidance, type, stage, verify,
};
const int DeepestOf256 = 30;
foreach (var (option, largest) in new[]
{
    (drafter, DeepestOf256), (refiner, DeepestOf256), (steps, 10), (batch, 1024), (threads, 1024), (runs, 1000),
})
{
    option.Validators.Add(result =>
    {
        if (result.GetValueOrDefault<int>() < 1 || result.GetValueOrDefault<int>() > largest)
        {
            result.AddError($"{option.Name} must be from 1 to {largest}.");
        }
    });
}

root.SetAction(async (arguments, _) =>
{
    if (arguments.GetValue(mode) == "code" && arguments.GetValue(steps) == 10)
    {
        await Console.Error.WriteLineAsync("published: --steps must be from 1 to 9 with --mode code.");
        return 1;
    }

    LibTorch.Load(folder: null, cuda: false);
    torch.set_num_threads(arguments.GetValue(threads));
    var elements = arguments.GetValue(type) == "f32" ? torch.float32 : torch.bfloat16;
    if (arguments.GetValue(verify) is { } folder)
    {
        return Verification.Run(folder, elements, Console.Out) ? 0 : 1;
    }

    var result = Benchmark.Run(new BenchSettings(
        arguments.GetValue(drafter), arguments.GetValue(mode) == "var" ? null : arguments.GetValue(refiner),
        arguments.GetValue(steps), arguments.GetValue(batch), arguments.GetValue(runs), arguments.GetValue(guidance),
        elements, arguments.GetValue(stage) == "draft"));
    await Console.Out.WriteLineAsync(JsonSerializer.Serialize(result));
    return 0;
});
try
{
    return await root.Parse(args).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (Exception error) when (error
    is PlatformNotSupportedException or InputException or IOException)
{
    await Console.Error.WriteLineAsync($"published: {error.Message}");
    return 1;
}
