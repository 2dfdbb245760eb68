using System.ComponentModel;
using System.Globalization;
using CoDe.Engine.Compute;
using CoDe.Engine.Compute.Cpu;
using CoDe.Engine.Compute.Torch;
using CoDe.Hosting.Options;

namespace CoDe.Engine.Serving;

/// <summary>Options of the device that a stage computes on.</summary>
public sealed class DeviceOptions
{
    private const string Cpu = "cpu";

    /// <summary>libtorch on the CPU.</summary>
    private const string Torch = "torch";

    /// <summary>Before the number of a GPU.</summary>
    private const string Cuda = "cuda:";

    private const int MostGpus = 64;

    /// <summary>Description of the precision, for the command line too.</summary>
    public const string PrecisionText =
        "f32; bf16: weights and activations in bfloat16; bf16-weights (cpu): weights alone; f16 (torch, cuda).";

    private static readonly Dictionary<string, CpuPrecision> OnCpu = new()
    {
        ["f32"] = CpuPrecision.Float32,
        ["bf16-weights"] = CpuPrecision.BFloat16Weights,
        ["bf16"] = CpuPrecision.BFloat16,
    };

    private static readonly Dictionary<string, ElementType> OnTorch = new()
    {
        ["f32"] = ElementType.Float32,
        ["bf16"] = ElementType.BFloat16,
        ["f16"] = ElementType.Float16,
    };

    [Description("Device: cpu, torch (libtorch on the CPU) or cuda:N (libtorch on GPU N).")]
    public string Name { get; set; } = Cpu;

    [Description("Instruction path of the CPU: auto, avx512, avx2 or portable.")]
    public string Isa { get; set; } = "auto";

    [Description(PrecisionText)]
    [Replaces("Weights")]
    public string Precision { get; set; } = "f32";

    [Description("Worker threads of the CPU; 0 for one a core.")]
    public int Threads { get; set; }

    [Description("Folder of libtorch 2.10 or PyTorch; empty for that of LIBTORCH, or beside the program.")]
    public string LibTorchFolder { get; set; } = "";

    public IEnumerable<string> Problems(string section)
    {
        if (Name is not (Cpu or Torch) && Gpu is null)
        {
            yield return $"{section}:Name is {Name}; allowed: cpu, torch, cuda:0 to cuda:{MostGpus - 1}";
        }

        if (!Enum.GetNames<InstructionPath>().Contains(Isa, StringComparer.OrdinalIgnoreCase))
        {
            yield return $"{section}:Isa is {Isa}; allowed: auto, avx512, avx2, portable";
        }

        string[] precisions = Name == Cpu ? [.. OnCpu.Keys] : [.. OnTorch.Keys];
        if (!precisions.Contains(Precision))
        {
            yield return $"{section}:Precision is {Precision}; allowed on the device {Name}: "
                + string.Join(", ", precisions);
        }

        if (Threads is < 0 or > 1024)
        {
            yield return $"{section}:Threads is {Threads}; allowed: 0 to 1024";
        }
    }

    /// <exception cref="PlatformNotSupportedException">
    /// The processor lacks the instruction path, libtorch does not load, or there is no such GPU.
    /// </exception>
    public IBackend Create()
        => ForTorch() is { } options ? TorchBackend.Create(options) : CpuBackend.Create(ForCpu());

    /// <summary>Options of libtorch; null on the device cpu.</summary>
    public TorchOptions? ForTorch()
        => Name == Cpu ? null : new TorchOptions(Gpu, OnTorch[Precision], Threads, LibTorchFolder);

    /// <summary>Explains a precision that the device does not have; null where it has it.</summary>
    public string? PrecisionNotice()
        => Name == Cpu && CpuBackend.ReasonForMore(ForCpu()) is { } reason
            ? $"{reason}: precision {Precision} computes as bf16-weights"
            : null;

    /// <summary>Gets whether libtorch computes, on the CPU or a GPU.</summary>
    internal bool IsTorch => Name != Cpu;

    /// <summary>The number of the GPU; null where the name is of no GPU.</summary>
    private int? Gpu
        => Name.StartsWith(Cuda, StringComparison.Ordinal)
            && int.TryParse(Name.AsSpan(Cuda.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var gpu)
            && gpu < MostGpus
                ? gpu
                : null;

    private CpuOptions ForCpu()
        => new(Enum.Parse<InstructionPath>(Isa, ignoreCase: true), OnCpu[Precision], Threads);
}
