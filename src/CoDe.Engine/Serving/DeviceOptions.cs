using System.ComponentModel;
using System.Globalization;
using CoDe.Engine.Compute;
using CoDe.Engine.Compute.Cpu;
using CoDe.Engine.Compute.Torch;

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

    [Description("Device: cpu, torch (libtorch on the CPU) or cuda:N (libtorch on GPU N).")]
    public string Name { get; set; } = Cpu;

    [Description("Instruction path of the CPU: auto, avx512, avx2 or portable.")]
    public string Isa { get; set; } = "auto";

    [Description("Type of weights: f32, bf16 or, with libtorch, f16. libtorch computes in it, the CPU in f32.")]
    public string Weights { get; set; } = "f32";

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

        if (Weights is not ("f32" or "bf16" or "f16"))
        {
            yield return $"{section}:Weights is {Weights}; allowed: f32, bf16, f16";
        }

        if (Weights == "f16" && Name == Cpu)
        {
            yield return $"{section}:Weights is {Weights}; allowed on the device cpu: f32, bf16";
        }

        if (Threads is < 0 or > 1024)
        {
            yield return $"{section}:Threads is {Threads}; allowed: 0 to 1024";
        }
    }

    /// <exception cref="PlatformNotSupportedException">
    /// The processor lacks the instruction path, libtorch does not load, or there is no such GPU.
    /// </exception>
    public IBackend Create() => Name == Cpu
        ? CpuBackend.Create(new CpuOptions(
            Enum.Parse<InstructionPath>(Isa, ignoreCase: true),
            Weights == "bf16" ? WeightType.BFloat16 : WeightType.Float32,
            Threads))
        : TorchBackend.Create(new TorchOptions(Gpu, TypeOf(Weights), Threads, LibTorchFolder));

    /// <summary>Gets whether libtorch computes, on the CPU or a GPU.</summary>
    internal bool IsTorch => Name != Cpu;

    /// <summary>The number of the GPU; null where the name is of no GPU.</summary>
    private int? Gpu
        => Name.StartsWith(Cuda, StringComparison.Ordinal)
            && int.TryParse(Name.AsSpan(Cuda.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var gpu)
            && gpu < MostGpus
                ? gpu
                : null;

    private static ElementType TypeOf(string weights) => weights switch
    {
        "bf16" => ElementType.BFloat16,
        "f16" => ElementType.Float16,
        _ => ElementType.Float32,
    };
}
