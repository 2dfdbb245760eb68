namespace CoDe.Engine.Training.Data;

/// <summary>Labels and token maps of images.</summary>
/// <param name="labels">A class an image.</param>
/// <param name="tokens">Tokens of all scales of all images: (images, positions).</param>
public sealed class TokenSet(int[] labels, ushort[] tokens)
{
    private readonly int _positions = tokens.Length / Math.Max(1, labels.Length);

    public int Count => labels.Length;

    public int Label(int image) => labels[image];

    public ReadOnlySpan<ushort> Tokens(int image) => tokens.AsSpan(image * _positions, _positions);
}
