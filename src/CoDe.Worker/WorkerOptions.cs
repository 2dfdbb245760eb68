using System.ComponentModel;
using CoDe.Engine.Serving;

namespace CoDe.Worker;

/// <summary>Worker settings: checkpoints of both stages and their device.</summary>
public sealed class WorkerOptions : EngineOptions
{
    public WorkerOptions()
    {
        Port = WorkerHost.DefaultPort;
        HttpPort = "8084";
    }

    [Description("Checkpoints that draft; without any of either stage the demonstration model.")]
    public IList<ModelOptions> Drafters { get; } = [];

    [Description("Checkpoints that refine.")]
    public IList<ModelOptions> Refiners { get; } = [];

    public override IEnumerable<string> Problems(string section)
    {
        var problems = base.Problems(section)
            .Concat(ModelOptions.Problems($"{section}:{nameof(Drafters)}", Drafters))
            .Concat(ModelOptions.Problems($"{section}:{nameof(Refiners)}", Refiners));
        return Drafters.Count == 0 == (Refiners.Count == 0)
            ? problems
            : problems.Append(
                $"{section}:Drafters and {section}:Refiners must both be given, "
                + "or neither for the demonstration model");
    }
}
