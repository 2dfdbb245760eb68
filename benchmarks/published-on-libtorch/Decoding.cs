using CoDe.Engine.Var;
using CoDe.Flow;
using static TorchSharp.torch;

namespace CoDe.Benchmarks.PublishedOnLibTorch;

/// <summary>Drafted images.</summary>
/// <param name="Features">(images, code width, final side, final side)</param>
/// <param name="Inputs">Inputs of scales 2 to N + 1: (images, tokens, code width).</param>
internal sealed record DraftedImages(Tensor Features, Tensor Inputs) : IDisposable
{
    public void Dispose()
    {
        Features.Dispose();
        Inputs.Dispose();
    }
}

/// <summary>Decodes with one transformer, as the published code does for each of the two and for one alone.</summary>
internal sealed class Decoding(Transformer transformer, Quantizer quantizer, TokenSampler sampler)
{
    private VarConfig Config => transformer.Config;

    private ScaleSchedule Schedule => Config.Schedule;

    /// <summary>Drafts the first scales.</summary>
    /// <param name="labels">(images)</param>
    public DraftedImages Draft(Tensor labels, int scales)
    {
        using var condition = transformer.Condition(labels);
        using var positions = transformer.Positions();
        var x = transformer.Start(condition, positions);
        var features = NewFeatures(condition);
        var inputs = new List<Tensor>();
        for (var scale = 0; scale < scales; scale++)
        {
            DecodeScale(features, x, condition, scale);
            inputs.Add(quantizer.Inputs(features, scale + 1));
            x.Dispose();
            x = transformer.Embed(inputs[^1], positions, Schedule.Start(scale + 1));
        }

        x.Dispose();
        var all = cat(inputs, 1);
        inputs.ForEach(each => each.Dispose());
        transformer.Forget();
        return new DraftedImages(features, all);
    }

    /// <summary>
    /// Reads the drafted scales in one pass and decodes the others into the draft's feature map. The first pass
    /// computes logits of all its tokens and draws a token for each, though only the last scale's are used.
    /// </summary>
    /// <param name="labels">(images)</param>
    public void Refine(DraftedImages draft, Tensor labels, int scales)
    {
        using var condition = transformer.Condition(labels);
        using var positions = transformer.Positions();
        var x = PrefixTokens(draft.Inputs, condition, positions);
        DecodePrefix(draft.Features, x, condition, scales);
        for (var scale = scales + 1; scale < Schedule.Count; scale++)
        {
            x.Dispose();
            x = NextTokens(draft.Features, positions, scale);
            DecodeScale(draft.Features, x, condition, scale);
        }

        x.Dispose();
        transformer.Forget();
    }

    /// <summary>Decodes all scales.</summary>
    /// <param name="labels">(images)</param>
    /// <returns>(images, code width, final side, final side)</returns>
    public Tensor DecodeAlone(Tensor labels)
    {
        using var condition = transformer.Condition(labels);
        using var positions = transformer.Positions();
        var x = transformer.Start(condition, positions);
        var features = NewFeatures(condition);
        for (var scale = 0; scale < Schedule.Count; scale++)
        {
            if (scale > 0)
            {
                x.Dispose();
                x = NextTokens(features, positions, scale);
            }

            DecodeScale(features, x, condition, scale);
        }

        x.Dispose();
        transformer.Forget();
        return features;
    }

    private void DecodeScale(Tensor features, Tensor x, Tensor condition, int scale)
    {
        using var guided = GuidedLogits(x, condition, scale);
        using var tokens = sampler.Draw(guided, scale);
        quantizer.Accumulate(features, tokens, scale);
    }

    private Tensor GuidedLogits(Tensor x, Tensor condition, int scale)
    {
        using var logits = transformer.Forward(x, condition);
        return sampler.Guided(logits, Schedule.Progress(scale));
    }

    /// <summary>Embeds the start tokens and the draft's inputs: (2 x images, tokens, width).</summary>
    private Tensor PrefixTokens(Tensor inputs, Tensor condition, Tensor positions)
    {
        using var start = transformer.Start(condition, positions);
        using var embedded = transformer.Embed(inputs, positions, Schedule.Tokens(0));
        return cat([start, embedded], 1);
    }

    private void DecodePrefix(Tensor features, Tensor x, Tensor condition, int scales)
    {
        var end = Schedule.End(scales);
        using var mask = transformer.Mask(end);
        using var logits = transformer.Forward(x, condition, mask);
        using var scaleLogits = logits.slice(1, Schedule.Start(scales), end, 1);
        using var conditional = logits.slice(0, 0, logits.size(0) / 2, 1);
        using (var guided = sampler.Guided(scaleLogits, Schedule.Progress(scales)))
        using (var overwritten = conditional.slice(1, Schedule.Start(scales), end, 1))
        {
            overwritten.copy_(guided);
        }

        using var tokens = DrawPrefix(conditional, scales);
        quantizer.Accumulate(features, tokens, scales);
    }

    /// <summary>Draws the tokens of every scale up to the given one, and returns the last scale's.</summary>
    private Tensor DrawPrefix(Tensor logits, int scales)
    {
        Tensor? tokens = null;
        for (var scale = 0; scale <= scales; scale++)
        {
            using var part = logits.slice(1, Schedule.Start(scale), Schedule.End(scale), 1);
            tokens?.Dispose();
            tokens = sampler.Draw(part, scale);
        }

        return tokens!;
    }

    private Tensor NextTokens(Tensor features, Tensor positions, int scale)
    {
        using var inputs = quantizer.Inputs(features, scale);
        return transformer.Embed(inputs, positions, Schedule.Start(scale));
    }

    private Tensor NewFeatures(Tensor condition)
        => condition.new_zeros(condition.size(0) / 2, Config.CodeWidth, Schedule.FinalSide, Schedule.FinalSide);
}
