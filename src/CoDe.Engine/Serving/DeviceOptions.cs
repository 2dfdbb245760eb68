using System.ComponentModel;
using CoDe.Engine.Compute;
using CoDe.Engine.Compute.Cpu;

namespace CoDe.Engine.Serving;

/// <summary>Options of the device that a stage computes on.</summary>
public sealed class DeviceOptions
{
    private const string Cpu = "cpu";

    [Description("Device: cpu.")]
    public string Name { get; set; } = Cpu;

    [Description("Instruction path of the CPU: auto, avx512, avx2 or portable.")]
    public string Isa { get; set; } = "auto";

    [Description("Type of packed weights: f32 or bf16.")]
    public string Weights { get; set; } = "f32";

    [Description("Worker threads of the CPU; 0 for one a core.")]
    public int Threads { get; set; }

    public IEnumerable<string> Problems(string section)
    {
        if (Name != Cpu)
        {
            yield return $"{section}:Name is {Name}; allowed: cpu";
        }

        if (!Enum.GetNames<InstructionPath>().Contains(Isa, StringComparer.OrdinalIgnoreCase))
        {
            yield return $"{section}:Isa is {Isa}; allowed: auto, avx512, avx2, portable";
        }

        if (Weights is not ("f32" or "bf16"))
        {
            yield return $"{section}:Weights is {Weights}; allowed: f32, bf16";
        }

        if (Threads is < 0 or > 1024)
        {
            yield return $"{section}:Threads is {Threads}; allowed: 0 to 1024";
        }
    }

    /// <exception cref="PlatformNotSupportedException">The processor lacks the instruction path.</exception>
    public IBackend Create() => CpuBackend.Create(new CpuOptions(
        Enum.Parse<InstructionPath>(Isa, ignoreCase: true),
        Weights == "bf16" ? WeightType.BFloat16 : WeightType.Float32,
        Threads));
}
