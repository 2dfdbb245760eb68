namespace CoDe.Engine.Compute;

/// <summary>How the tokens of one image are drawn at one scale.</summary>
/// <param name="Guidance">t of logits = (1 + t) conditional - t unconditional, already scaled by the scale's progress.</param>
/// <param name="TopK">Keep only logits at least as large as the k-th largest; 0 or anything from the vocabulary's size up keeps all.</param>
/// <param name="TopP">Drop the smallest while their probabilities sum to at most 1 - p; 0 keeps all.</param>
/// <param name="Temperature">Divides the logits before noise is added.</param>
/// <param name="Seed">Key of the noise.</param>
/// <param name="Image">Number of the image under its seed: its noise stream.</param>
/// <param name="Smooth">Whether features are a mixture of code vectors instead of the drawn token's.</param>
public readonly record struct TokenDraw(
    double Guidance, int TopK, double TopP, double Temperature, ulong Seed, uint Image, bool Smooth);

/// <summary>How the tokens of each image of a batch are drawn at one scale, in a device's own layout.</summary>
/// <param name="images">The most images.</param>
public abstract class DrawTable(int images)
{
    public int Images { get; } = images;
}

/// <summary>How the mixture of <c>more_smooth</c> is formed at one scale: softmax((logits x Sharpness + noise) / Temperature).</summary>
public readonly record struct CodeMixture(float Sharpness, float Temperature);
