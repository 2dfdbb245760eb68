using TorchSharp;

namespace CoDe.Engine.Compute.Torch.Operators;

/// <summary>Numbers as operators take them. Each is a native object, so those of every step are made once.</summary>
internal static class Scalars
{
    public static Scalar One { get; } = 1f;

    public static Scalar Zero { get; } = 0f;

    public static Scalar MinusOne { get; } = -1f;

    public static Scalar Half { get; } = 0.5f;

    public static Scalar Byte { get; } = 255f;

    /// <summary>Smallest norm that queries and keys are divided by.</summary>
    public static Scalar SmallestNorm { get; } = 1e-12f;
}
