using CoDe.Engine.Var;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace CoDe.Benchmarks.PublishedOnLibTorch;

/// <summary>Attention over all tokens so far, with normalised queries and keys.</summary>
/// <remarks>
/// The published code gives scaled_dot_product_attention the scale 1. TorchSharp's takes none and divides by the root
/// of the head's width, whose logarithm is added to the learned scale's here: the operators stay the same.
/// </remarks>
internal sealed class SelfAttention : IDisposable
{
    private const double LargestScale = 100;

    private readonly int _heads;
    private readonly double _largestLogarithm;
    private readonly Tensor _logarithms;
    private readonly Tensor _queryKeyValue;
    private readonly Tensor _queryBias;
    private readonly Tensor _keyBias;
    private readonly Tensor _valueBias;
    private readonly Linear _projection;
    private Tensor? _keys;
    private Tensor? _values;

    public SelfAttention(VarConfig config, Parameters parameters, string name)
    {
        _heads = config.Heads;
        var unscaled = Math.Log(Math.Sqrt(config.HeadWidth));
        _largestLogarithm = Math.Log(LargestScale) + unscaled;
        _logarithms = parameters[name + ".scale_mul_1H11"].add(unscaled);
        _queryKeyValue = parameters.Transposed(name + ".mat_qkv.weight");
        _queryBias = parameters[name + ".q_bias"];
        _keyBias = zeros(config.Width, parameters.Type);
        _valueBias = parameters[name + ".v_bias"];
        _projection = parameters.Linear(name + ".proj");
    }

    /// <param name="x">(sequences, tokens, width)</param>
    /// <param name="mask">Added to the scores: (1, 1, tokens, tokens); null without.</param>
    public Tensor Forward(Tensor x, Tensor? mask)
    {
        using var projected = Project(x); // (3, sequences, heads, tokens, head width)
        var parts = projected.unbind(0);
        using var query = ScaledQueries(parts[0]);
        Remember(Normalised(parts[1]), parts[2]);
        using var attended = functional.scaled_dot_product_attention(query, _keys!, _values!, mask);
        using var swapped = attended.transpose(1, 2);
        using var merged = swapped.reshape(x.size(0), x.size(1), x.size(2));
        return _projection.Forward(merged);
    }

    public void Forget()
    {
        _keys?.Dispose();
        _values?.Dispose();
        (_keys, _values) = (null, null);
    }

    public void Dispose()
    {
        Forget();
        _logarithms.Dispose();
        _keyBias.Dispose();
    }

    private Tensor Project(Tensor x)
    {
        using var bias = cat([_queryBias, _keyBias, _valueBias]);
        using var all = Linear.Forward(x, _queryKeyValue, bias);
        using var heads = all.view(x.size(0), x.size(1), 3, _heads, x.size(2) / _heads);
        return heads.permute(2, 0, 3, 1, 4);
    }

    private Tensor ScaledQueries(Tensor queries)
    {
        using var clamped = _logarithms.clamp_max(_largestLogarithm);
        using var scale = clamped.exp();
        using var normal = Normalised(queries);
        return normal.mul(scale);
    }

    /// <summary>Lets go of the tensor that it normalises.</summary>
    private static Tensor Normalised(Tensor x)
    {
        using (x)
        {
            return functional.normalize(x, dim: -1);
        }
    }

    /// <summary>Appends to the cache, which owns keys and values from here on.</summary>
    private void Remember(Tensor keys, Tensor values)
    {
        _keys = Appended(_keys, keys);
        _values = Appended(_values, values);
    }

    private static Tensor Appended(Tensor? cached, Tensor added)
    {
        if (cached is null)
        {
            return added;
        }

        using (cached)
        using (added)
        {
            return cat([cached, added], 2);
        }
    }
}
