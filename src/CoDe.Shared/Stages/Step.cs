namespace CoDe.Stages;

/// <summary>What a step of decoding depends on besides the contents of its tensors.</summary>
/// <param name="Prefix">Whether it reads a prefix of scales, rather than decoding one.</param>
internal readonly record struct Step(bool Prefix, int Scale, int Images, bool Guided, bool Smooth);
