using System.ComponentModel;
using System.Globalization;
using CoDe.Compute;
using CoDe.Compute.Cpu;
using CoDe.Compute.Cuda;

namespace CoDe.Hosting;

/// <summary>What computes.</summary>
public sealed class DeviceOptions
{
    private const string Cpu = "cpu";
    private const string Cuda = "cuda:";

    [Description("What computes: cpu, or cuda:0 for an NVIDIA GPU (not tried on one yet; it is used only if it agrees with the CPU).")]
    public string Name { get; set; } = Cpu;

    [Description("Instruction path of the CPU: auto, avx512, avx2 or portable.")]
    public string Isa { get; set; } = "auto";

    [Description("Type of packed weights: f32 or bf16; on a GPU also f16.")]
    public string Weights { get; set; } = "f32";

    [Description("Worker threads of the CPU; 0 for one a core.")]
    public int Threads { get; set; }

    private int? Ordinal => Name.StartsWith(Cuda, StringComparison.Ordinal) && int.TryParse(Name.AsSpan(Cuda.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var ordinal)
        ? ordinal
        : null;

    public IEnumerable<string> Problems(string section)
    {
        if (Name != Cpu && Ordinal is null)
        {
            yield return $"{section}:Name is {Name}; allowed: cpu, cuda:0, cuda:1 and so on";
        }

        if (!Enum.GetNames<InstructionPath>().Contains(Isa, StringComparer.OrdinalIgnoreCase))
        {
            yield return $"{section}:Isa is {Isa}; allowed: auto, avx512, avx2, portable";
        }

        if (Weights is not ("f32" or "bf16") && !(Weights == "f16" && Ordinal is not null))
        {
            yield return $"{section}:Weights is {Weights}; allowed: f32, bf16{(Ordinal is null ? "" : ", f16")}";
        }

        if (Threads is < 0 or > 1024)
        {
            yield return $"{section}:Threads is {Threads}; allowed: 0 to 1024";
        }
    }

    /// <summary>A device that was found to compute what it should.</summary>
    /// <exception cref="CudaException">There is no such GPU, it cannot be used, or it does not compute what it should.</exception>
    /// <exception cref="PlatformNotSupportedException">The processor lacks the instruction path.</exception>
    public IBackend Create()
    {
        var backend = CreateUnchecked();
        try
        {
            if (Ordinal is not null)
            {
                DeviceCheck.Run(backend);
            }

            return backend;
        }
        catch
        {
            backend.Dispose();
            throw;
        }
    }

    /// <summary>For who finds out what a device computes.</summary>
    /// <inheritdoc cref="Create"/>
    public IBackend CreateUnchecked() => Ordinal is { } ordinal
        ? CudaBackend.Create(new CudaOptions(ordinal, Weights switch { "f16" => ElementType.Float16, "bf16" => ElementType.BFloat16, _ => ElementType.Float32 }))
        : CpuBackend.Create(new CpuOptions(
            Enum.Parse<InstructionPath>(Isa, ignoreCase: true), Weights == "bf16" ? WeightType.BFloat16 : WeightType.Float32, Threads));
}
