using CoDe.Engine.Var;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace CoDe.Engine.Training.Var;

/// <summary>
/// VAR transformer for training: all scales in one block-causal pass over their true inputs. Shapes are (images,
/// positions, channels).
/// </summary>
internal sealed class VarNetwork : IDisposable
{
    private readonly VarConfig _config;
    private readonly Layers _layers;
    private readonly Tensor _levels;
    private readonly Tensor _mask;

    /// <param name="compute">Type of products and attention.</param>
    public VarNetwork(VarConfig config, ParameterSet parameters, ScalarType compute)
    {
        (_config, Parameters, _layers) = (config, parameters, new Layers(parameters, compute));
        var schedule = config.Schedule;
        long[] levels = [.. Enumerable.Range(0, schedule.Count)
            .SelectMany(scale => Enumerable.Repeat((long)scale, schedule.Tokens(scale)))];
        _levels = tensor(levels, device: parameters.Device);
        using var scope = NewDisposeScope();
        var sees = _levels.unsqueeze(1).ge(_levels.unsqueeze(0));
        _mask = zeros(sees.shape, compute, parameters.Device).masked_fill(sees.logical_not(), float.NegativeInfinity)
            .MoveToOuterDisposeScope();
    }

    public ParameterSet Parameters { get; }

    public VarConfig Config => _config;

    /// <summary>(positions, positions): 0 where a position sees another, else -inf.</summary>
    public Tensor Mask => _mask;

    /// <summary>Computes logits of the first scales: (images, positions, vocabulary).</summary>
    /// <param name="labels">(images), int64; the number of classes is the unconditional label.</param>
    /// <param name="inputs">
    /// Inputs of <c>word_embed</c> at the positions after the first scale: (images, positions, code width).
    /// </param>
    public Tensor Forward(Tensor labels, Tensor inputs, int scales)
    {
        var condition = _layers["class_emb.weight"].index_select(0, labels);
        var activated = functional.silu(condition);
        var shared = _config.SharedAdaLn ? _layers.Linear(activated, "shared_ada_lin.1").to(_layers.Wide) : null;
        var x = Embed(condition, inputs, _config.Schedule.End(scales - 1));
        for (var block = 0; block < _config.Depth; block++)
        {
            x = Block(x, FormattableString.Invariant($"blocks.{block}."), activated, shared);
        }

        return Head(x, activated);
    }

    public void Dispose()
    {
        _mask.Dispose();
        _levels.Dispose();
    }

    /// <summary>Class tokens, then embedded inputs, with positions and levels.</summary>
    private Tensor Embed(Tensor condition, Tensor inputs, int positions)
    {
        var start = condition.unsqueeze(1).add(_layers["pos_start"]);
        var x = inputs.shape[1] == 0 ? start : cat([start, _layers.Linear(inputs, "word_embed").to(_layers.Wide)], 1);
        var levels = _layers["lvl_embed.weight"].index_select(0, _levels.narrow(0, 0, positions));
        return x.add(_layers["pos_1LC"].narrow(1, 0, positions)).add(levels);
    }

    private Tensor Block(Tensor x, string block, Tensor activated, Tensor? shared)
    {
        // The six vectors of the label, each (images, 1, width).
        var vectors = shared is null
            ? _layers.Linear(activated, block + "ada_lin.1").to(_layers.Wide).view(-1, 6, 1, _config.Width)
            : shared.view(-1, 6, 1, _config.Width).add(_layers[block + "ada_gss"].view(1, 6, 1, _config.Width));
        var (attentionGate, feedForwardGate) = (vectors.select(1, 0), vectors.select(1, 1));
        var normal = Modulate(x, vectors.select(1, 2), vectors.select(1, 4));
        x = x.add(Attention(normal, block + "attn.").mul(attentionGate));

        normal = Modulate(x, vectors.select(1, 3), vectors.select(1, 5));
        var hidden = _layers.Linear(normal, block + "ffn.fc1").gelu(TorchSharp.Modules.GELU.Approximate.tanh);
        return x.add(_layers.Linear(hidden, block + "ffn.fc2").mul(feedForwardGate));
    }

    private Tensor Attention(Tensor x, string attention)
    {
        var (images, positions) = (x.shape[0], x.shape[1]);
        var bias = cat(
            [_layers[attention + "q_bias"], zeros_like(_layers[attention + "q_bias"]), _layers[attention + "v_bias"]]);

        // (images, heads, positions, head width) each.
        var heads = _layers.Linear(x, _layers[attention + "mat_qkv.weight"], bias)
            .view(images, positions, 3, _config.Heads, _config.HeadWidth).permute(2, 0, 3, 1, 4).unbind(0);
        var (queries, keys) = Scale(heads[0], heads[1], attention);
        var mixed = functional.scaled_dot_product_attention(
            queries.to(_layers.Compute), keys.to(_layers.Compute), heads[2],
            _mask.narrow(0, 0, positions).narrow(1, 0, positions));
        return _layers.Linear(mixed.transpose(1, 2).reshape(images, positions, _config.Width), attention + "proj");
    }

    /// <summary>
    /// Scales queries and keys, and queries by the root of the head width too, by which attention divides.
    /// </summary>
    private (Tensor Queries, Tensor Keys) Scale(Tensor queries, Tensor keys, string attention)
    {
        if (!_config.NormalizedAttention)
        {
            return (queries.mul(VarWeights.PlainAttentionScale), keys);
        }

        var scale = _layers[attention + "scale_mul_1H11"].clamp_max(Math.Log(VarWeights.LargestAttentionScale)).exp();
        return (
            functional.normalize(queries.to(_layers.Wide), dim: -1).mul(scale.mul(Math.Sqrt(_config.HeadWidth))),
            functional.normalize(keys.to(_layers.Wide), dim: -1));
    }

    private Tensor Head(Tensor x, Tensor activated)
    {
        var vectors = _layers.Linear(activated, "head_nm.ada_lin.1").to(_layers.Wide).view(-1, 2, 1, _config.Width);
        var normal = Modulate(x, vectors.select(1, 0), vectors.select(1, 1));
        return _layers.Linear(normal, "head").to(_layers.Wide);
    }

    private static Tensor Modulate(Tensor x, Tensor gain, Tensor shift)
        => Layers.LayerNorm(x).mul(gain.add(1)).add(shift);
}
