using CoDe.Protocol.V1;

namespace CoDe.Gateway.Replicas;

/// <summary>
/// Weights and arithmetic, which decide the bits of a stage's results. Replicas of one lane must agree in them.
/// </summary>
internal readonly record struct ReplicaIdentity(string WeightsDigest, string Arithmetic, bool BatchDependent)
{
    public static ReplicaIdentity Of(ServedModel model)
        => new(model.WeightsDigest, model.Arithmetic, model.BatchDependent);

    public StageIdentity ToWire()
        => new() { WeightsDigest = WeightsDigest, Arithmetic = Arithmetic, BatchDependent = BatchDependent };

    public override string ToString() => $"weights {WeightsDigest}, {Arithmetic}";
}
