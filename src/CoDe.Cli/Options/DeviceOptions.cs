using System.CommandLine;
using CoDe.Compute;
using CoDe.Compute.Cpu;

namespace CoDe.Cli.Options;

/// <summary>Where and how to compute.</summary>
internal sealed class DeviceOptions
{
    private readonly Option<int> _threads = new("--threads") { Description = "Worker threads; 0 for one a core." };

    private readonly Option<InstructionPath> _path = new("--isa")
    {
        Description = "Instruction path: auto, avx512, avx2 or portable.",
        DefaultValueFactory = _ => InstructionPath.Auto,
    };

    private readonly Option<string> _weights = new("--weights") { Description = "Type of packed weights.", DefaultValueFactory = _ => "f32" };

    public void AddTo(Command command)
    {
        _weights.AcceptOnlyFromAmong("f32", "bf16");
        _threads.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 0 or > 1024)
            {
                result.AddError("--threads must be from 0 to 1024.");
            }
        });
        command.Add(_threads);
        command.Add(_path);
        command.Add(_weights);
    }

    /// <summary>Bytes of a packed weight.</summary>
    public int WeightBytes(ParseResult result) => result.GetValue(_weights) == "bf16" ? 2 : 4;

    public IBackend Create(ParseResult result) => CpuBackend.Create(
        new Hosting.DeviceOptions { Isa = $"{result.GetValue(_path)}", Weights = result.GetValue(_weights)!, Threads = result.GetValue(_threads) }.ToCpuOptions());
}
