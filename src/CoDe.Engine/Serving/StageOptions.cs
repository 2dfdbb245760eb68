using System.ComponentModel;
using CoDe.Hosting.Options;

namespace CoDe.Engine.Serving;

/// <summary>Settings of a service that computes: its device and the size of a batch.</summary>
public abstract class EngineOptions : ServiceOptions
{
    [Description("The most images that are decoded together; memory is taken for so many.")]
    public int LargestBatch { get; set; } = 8;

    [Description("The most batches of a stage that wait; further are refused.")]
    public int QueueLimit { get; set; } = 4;

    [Description("What computes.")]
    public DeviceOptions Device { get; } = new();

    protected override IEnumerable<(string Field, int Value, int Least, int Most)> Ranges
        => [.. base.Ranges, (nameof(LargestBatch), LargestBatch, 1, 256), (nameof(QueueLimit), QueueLimit, 1, 1000)];

    public override IEnumerable<string> Problems(string section)
        => base.Problems(section).Concat(Device.Problems($"{section}:Device"));
}

/// <summary>Settings of a stage: its device and its models.</summary>
public sealed class StageOptions : EngineOptions
{
    [Description("Checkpoints; without any the demonstration model.")]
    public IList<ModelOptions> Models { get; } = [];

    public override IEnumerable<string> Problems(string section)
        => base.Problems(section).Concat(ModelOptions.Problems($"{section}:{nameof(Models)}", Models));
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

    /// <summary>Returns the configured models, or the demonstration model where there are none.</summary>
    public static IReadOnlyList<ModelOptions> OrTiny(IReadOnlyList<ModelOptions> configured, string tinyCheckpoint)
        => configured.Count > 0
            ? configured
            : [new ModelOptions { Name = "tiny", Checkpoint = tinyCheckpoint, Vqvae = TinyModel.Vqvae }];

    public static IEnumerable<string> Problems(string section, IEnumerable<ModelOptions> models)
        => models.SelectMany((model, index) => model.Problems($"{section}:{index}"));

    private IEnumerable<string> Problems(string section)
    {
        (string Field, string Value)[] required =
            [(nameof(Name), Name), (nameof(Checkpoint), Checkpoint), (nameof(Vqvae), Vqvae)];
        foreach (var (field, value) in required)
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
