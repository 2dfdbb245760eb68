using System.CommandLine;
using CoDe.Engine.Compute;
using CoDe.Engine.Compute.Cpu;

namespace CoDe.Cli.Options;

/// <summary>Options of the device.</summary>
internal sealed class DeviceOptions
{
    private readonly Option<string> _device = new("--device")
    {
        Description = "Device: cpu, torch (libtorch on the CPU) or cuda:N (libtorch on GPU N).",
        DefaultValueFactory = _ => "cpu",
    };

    private readonly Option<int> _threads = NumberOption.Integer(
        "--threads", "Worker threads of the CPU; 0 for one a core.", 0);

    private readonly Option<InstructionPath> _path = new("--isa")
    {
        Description = "Instruction path of the CPU: auto, avx512, avx2 or portable.",
        DefaultValueFactory = _ => InstructionPath.Auto,
    };

    private readonly Option<string> _precision = new("--precision")
    {
        Description = Engine.Serving.DeviceOptions.PrecisionText,
        DefaultValueFactory = _ => "f32",
    };

    /// <summary>The former name of the precision, for an error that names the new one.</summary>
    private readonly Option<string> _weights = new("--weights") { Hidden = true };

    public void AddTo(Command command)
    {
        _precision.AcceptOnlyFromAmong("f32", "bf16-weights", "bf16", "f16");
        _weights.Validators.Add(result => result.AddError(
            "--weights is replaced by --precision; on the device cpu bf16 is now bf16-weights."));
        _threads.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 0 or > 1024)
            {
                result.AddError("--threads must be from 0 to 1024.");
            }
        });
        command.Add(_device);
        command.Add(_threads);
        command.Add(_path);
        command.Add(_precision);
        command.Add(_weights);
    }

    /// <summary>Bytes of a packed weight.</summary>
    public int WeightBytes(ParseResult result) => result.GetValue(_precision) == "f32" ? 4 : 2;

    /// <exception cref="UsageException">The options do not go together.</exception>
    public IBackend Create(ParseResult result)
    {
        var options = Read(result);
        if (options.PrecisionNotice() is { } notice)
        {
            Console.Error.WriteLine(notice);
        }

        return options.Create();
    }

    /// <exception cref="UsageException">The options do not go together.</exception>
    public static Engine.Serving.DeviceOptions Read(Engine.Serving.DeviceOptions options)
        => options.Problems("device").FirstOrDefault() is { } problem
            ? throw new UsageException(problem
                .Replace("device:Name", "--device", StringComparison.Ordinal)
                .Replace("device:Precision", "--precision", StringComparison.Ordinal))
            : options;

    private Engine.Serving.DeviceOptions Read(ParseResult result) => Read(new Engine.Serving.DeviceOptions
    {
        Name = result.GetValue(_device)!,
        Isa = $"{result.GetValue(_path)}",
        Precision = result.GetValue(_precision)!,
        Threads = result.GetValue(_threads),
    });
}
