using System.ComponentModel;
using CoDe.Compute.Cpu;

namespace CoDe.Hosting;

/// <summary>What a stage serves and on what.</summary>
public sealed class StageOptions
{
    [Description("Where to listen for gRPC.")]
    public int Port { get; set; }

    [Description("Address to listen on: any, or an IP address.")]
    public string Host { get; set; } = "any";

    [Description("Checkpoints; without any the demonstration model.")]
    public IList<ModelOptions> Models { get; } = [];

    [Description("The most images that are decoded together; memory is taken for so many.")]
    public int LargestBatch { get; set; } = 8;

    [Description("The most batches that wait; further are refused.")]
    public int QueueLimit { get; set; } = 4;

    [Description("What computes.")]
    public DeviceOptions Device { get; } = new();

    [Description("Seconds that accepted work may take after the service was told to end.")]
    public int DrainSeconds { get; set; } = 30;

    /// <summary>The models that are configured; without any the demonstration model, of which a stage has its own checkpoint.</summary>
    public IEnumerable<ModelOptions> ModelsOr(string tinyCheckpoint)
        => Models.Count > 0 ? Models : [new ModelOptions { Name = "tiny", Checkpoint = tinyCheckpoint, Vqvae = TinyModel.Vqvae }];

    /// <summary>All that is wrong, each with what would be right.</summary>
    public IEnumerable<string> Problems(string section)
    {
        if (Port is < 0 or > 65535)
        {
            yield return $"{section}:Port is {Port}; allowed: 1 to 65535, or 0 for any that is free";
        }

        if (Host != "any" && !System.Net.IPAddress.TryParse(Host, out _))
        {
            yield return $"{section}:Host is {Host}; allowed: any, or an IP address such as 127.0.0.1";
        }

        if (LargestBatch is < 1 or > 256)
        {
            yield return $"{section}:LargestBatch is {LargestBatch}; allowed: 1 to 256";
        }

        if (QueueLimit is < 1 or > 1000)
        {
            yield return $"{section}:QueueLimit is {QueueLimit}; allowed: 1 to 1000";
        }

        if (DrainSeconds is < 0 or > 3600)
        {
            yield return $"{section}:DrainSeconds is {DrainSeconds}; allowed: 0 to 3600";
        }

        foreach (var problem in Device.Problems($"{section}:Device").Concat(Models.SelectMany((model, index) => model.Problems($"{section}:Models:{index}"))))
        {
            yield return problem;
        }
    }
}

/// <summary>A checkpoint that a stage serves.</summary>
public sealed class ModelOptions
{
    [Description("What requests call it; several checkpoints of one name serve different N.")]
    public string Name { get; set; } = "";

    [Description("A file, or synthetic:d16 for random weights.")]
    public string Checkpoint { get; set; } = "";

    [Description("The VQVAE that belongs to it.")]
    public string Vqvae { get; set; } = "";

    [Description("N, the drafted scales, that it serves; none for every one.")]
    public IList<int> Steps { get; } = [];

    public IEnumerable<string> Problems(string section)
    {
        foreach (var (field, value) in new[] { (nameof(Name), Name), (nameof(Checkpoint), Checkpoint), (nameof(Vqvae), Vqvae) })
        {
            if (value.Length == 0)
            {
                yield return $"{section}:{field} is missing; a model needs Name, Checkpoint and Vqvae";
            }
        }

        foreach (var step in Steps.Where(step => step < 1))
        {
            yield return $"{section}:Steps has {step}; allowed: 1 or more";
        }
    }
}

/// <summary>What computes.</summary>
public sealed class DeviceOptions
{
    [Description("Instruction path of the CPU: auto, avx512, avx2 or portable.")]
    public string Isa { get; set; } = "auto";

    [Description("Type of packed weights: f32 or bf16.")]
    public string Weights { get; set; } = "f32";

    [Description("Worker threads; 0 for one a core.")]
    public int Threads { get; set; }

    public IEnumerable<string> Problems(string section)
    {
        if (!Enum.TryParse<InstructionPath>(Isa, ignoreCase: true, out _))
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

    /// <summary>The settings as the back end takes them.</summary>
    public CpuOptions ToCpuOptions() => new(
        Enum.Parse<InstructionPath>(Isa, ignoreCase: true), Weights == "bf16" ? WeightType.BFloat16 : WeightType.Float32, Threads);
}
