using CoDe.Engine.Var;
using CoDe.Engine.Vqvae;
using CoDe.Flow;

namespace CoDe.Engine.Stages;

/// <summary>
/// The algorithm, told once: for each scale the transformer reads the feature map so far, tokens are drawn, and their
/// features are added. Drafting is scales [0, N) with the large model, refining is [N, K) with the small one after a
/// prefix pass, plain VAR is [0, K).
/// </summary>
internal sealed class ScaleLoop(VarSession var, Quantizer quantizer, TokenSampler sampler, EditBlend edits)
{
    /// <param name="scaleDone">Called after each scale.</param>
    public void Run(
        int from, int to, IReadOnlyList<ImageRequest> requests, Action<int>? scaleDone, CancellationToken cancellation)
    {
        sampler.Begin(requests, from, to);
        for (var scale = from; scale < to; scale++)
        {
            cancellation.ThrowIfCancellationRequested();
            var logits = var.Forward(scale, quantizer.Inputs(scale));
            quantizer.Accumulate(scale, sampler.Draw(scale, logits, quantizer));
            edits.Keep(scale, quantizer.Features);
            scaleDone?.Invoke(scale);
        }
    }

    /// <summary>Starts a batch: the labels' AdaLN vectors, empty feature maps.</summary>
    public void Begin(IReadOnlyList<ImageRequest> requests)
    {
        Span<int> labels = stackalloc int[requests.Count];
        var guided = false;
        for (var image = 0; image < requests.Count; image++)
        {
            labels[image] = requests[image].Label;
            guided |= requests[image].Sampling.Guidance > 0;
        }

        var.Begin(labels, guided);
        quantizer.Begin(requests.Count);
        edits.Begin(requests);
    }
}
