using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace CoDe.Engine.Training;

/// <summary>Losses of each position, (images, positions), and of images.</summary>
internal static class Losses
{
    /// <summary>Cross-entropy to the true tokens.</summary>
    /// <param name="logits">(images, positions, vocabulary)</param>
    /// <param name="tokens">(images, positions), int64</param>
    public static Tensor CrossEntropy(Tensor logits, Tensor tokens)
        => functional.log_softmax(logits, -1).gather(-1, tokens.unsqueeze(-1)).squeeze(-1).neg();

    /// <summary>Kullback-Leibler divergence of the teacher's distribution from the student's.</summary>
    /// <param name="logits">(images, positions, vocabulary)</param>
    /// <param name="teacher">Logits of the teacher.</param>
    public static Tensor Divergence(Tensor logits, Tensor teacher)
    {
        var (student, target) = (functional.log_softmax(logits, -1), functional.log_softmax(teacher, -1));
        return target.exp().mul(target.sub(student)).sum(-1);
    }

    /// <summary>Mean of the absolute and of the squared difference of pixels.</summary>
    public static Tensor Reconstruction(Tensor pixels, Tensor decoded)
    {
        var difference = decoded.sub(pixels);
        return difference.abs().mean().add(difference.square().mean());
    }

    /// <summary>
    /// Draws codes to features, and features to codes with the weight of commitment: a mean over the scales.
    /// </summary>
    /// <param name="features">f</param>
    /// <param name="cumulative">f_hat after each scale.</param>
    public static Tensor Codebook(Tensor features, IReadOnlyList<Tensor> cumulative, double commitment)
    {
        var terms = cumulative.Select(map => map.sub(features.detach()).square().mean()
            .add(map.detach().sub(features).square().mean().mul(commitment)));
        return stack(terms, 0).mean();
    }
}
