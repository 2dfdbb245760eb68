namespace CoDe.Engine.Training.Data;

/// <summary>Labels and token maps of images.</summary>
/// <param name="labels">A class an image.</param>
/// <param name="tokens">Tokens of all scales of each image.</param>
public sealed class TokenSet(int[] labels, ushort[][] tokens)
{
    public int Count => labels.Length;

    public int Label(int image) => labels[image];

    public ReadOnlySpan<ushort> Tokens(int image) => tokens[image];
}
