namespace CoDe.Engine.Compute;

/// <summary>Settings for drawing the tokens of one image at one scale.</summary>
/// <param name="Guidance">
/// t of logits = (1 + t) conditional - t unconditional, already scaled by the scale's progress.
/// </param>
/// <param name="TopK">
/// Keeps logits at least as large as the k-th largest; 0 or at least the vocabulary's size keeps all.
/// </param>
/// <param name="TopP">Drop the smallest while their probabilities sum to at most 1 - p; 0 keeps all.</param>
/// <param name="Temperature">Divides the logits before noise is added.</param>
/// <param name="Seed">Key of the noise.</param>
/// <param name="Image">Number of the image under its seed: its noise stream.</param>
/// <param name="Smooth">Whether features are a mixture of code vectors instead of the drawn token's.</param>
public readonly record struct TokenDraw(
    double Guidance, int TopK, double TopP, double Temperature, ulong Seed, uint Image, bool Smooth);

/// <summary>Settings for drawing the tokens of a batch at one scale, in a device's own layout.</summary>
/// <param name="images">The most images.</param>
public abstract class DrawTable(int images)
{
    public int Images { get; } = images;
}

/// <summary>Mixture of <c>more_smooth</c> at one scale: softmax((logits x Sharpness + noise) / Temperature).</summary>
public readonly record struct CodeMixture(float Sharpness, float Temperature);
