using static TorchSharp.torch;

namespace CoDe.Engine.Training.Vqvae;

/// <summary>Loss of a VQVAE: reconstruction through the codes, and the distance of codes and features.</summary>
internal sealed class VqvaeLoss(VqvaeNetwork network, QuantizerNetwork quantizer)
{
    /// <summary>Weight of the features' distance beside that of the codes, as in the published code.</summary>
    public const double Commitment = 0.25;

    /// <param name="pixels">(images, 3, height, width) in [-1, 1].</param>
    /// <param name="quantized">Called with the tokens that were found.</param>
    public Tensor Of(Tensor pixels, Action<Tensor>? quantized = null)
    {
        var features = network.Encode(pixels);
        var tokens = quantizer.Quantize(features);
        quantized?.Invoke(tokens);
        var cumulative = quantizer.Cumulative(tokens, quantizer.Scales);

        // The decoder sees f_hat; its gradient goes to f as if there were no codes between.
        var decoded = network.Decode(features.add(cumulative[^1].sub(features).detach()));
        return Losses.Reconstruction(pixels, decoded).add(Losses.Codebook(features, cumulative, Commitment));
    }
}
