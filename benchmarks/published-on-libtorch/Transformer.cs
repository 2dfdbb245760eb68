using CoDe.Engine.Var;
using CoDe.Flow;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;
using Embedding = TorchSharp.Modules.Embedding;
using GELU = TorchSharp.Modules.GELU;

namespace CoDe.Benchmarks.PublishedOnLibTorch;

/// <summary>A VAR transformer, by the published sequence of operators.</summary>
internal sealed class Transformer : IDisposable
{
    private readonly Parameters _parameters;
    private readonly Embedding _classEmbedding;
    private readonly Embedding _levelEmbedding;
    private readonly Linear _wordEmbedding;
    private readonly Block[] _blocks;
    private readonly ModulatedNorm _headNorm;
    private readonly Modulation _headModulation;
    private readonly Linear _head;
    private readonly Tensor _levels;
    private readonly Tensor _mask;

    public Transformer(VarConfig config, Parameters parameters)
    {
        Config = config;
        _parameters = parameters;
        _classEmbedding = Embedding_from_pretrained(parameters["class_emb.weight"]);
        _levelEmbedding = Embedding_from_pretrained(parameters["lvl_embed.weight"]);
        _wordEmbedding = parameters.Linear("word_embed");
        _blocks = [.. Enumerable.Range(0, config.Depth)
            .Select(block => new Block(config, parameters, FormattableString.Invariant($"blocks.{block}")))];
        _headNorm = new ModulatedNorm(config.Width);
        _headModulation = new Modulation(parameters.Linear("head_nm.ada_lin.1"), 2);
        _head = parameters.Linear("head");
        _levels = tensor(
            [.. Schedule.Sides.SelectMany((side, scale) => Enumerable.Repeat((long)scale, side * side))],
            [1, Schedule.TotalTokens]);
        _mask = BlockCausalMask(_levels, parameters.Type);
    }

    public VarConfig Config { get; }

    private ScaleSchedule Schedule => Config.Schedule;

    /// <summary>Embeds the labels, then as many unconditional ones: (2 x images, width).</summary>
    public Tensor Condition(Tensor labels)
    {
        using var unconditional = full_like(labels, Config.Classes);
        using var both = cat([labels, unconditional]);
        return _classEmbedding.forward(both);
    }

    /// <summary>Adds level and position embeddings: (1, all tokens, width).</summary>
    public Tensor Positions()
    {
        using var levels = _levelEmbedding.forward(_levels);
        return levels.add(_parameters["pos_1LC"]);
    }

    /// <summary>Makes the first scale's tokens: (2 x images, tokens of the first scale, width).</summary>
    public Tensor Start(Tensor condition, Tensor positions)
    {
        var (sequences, first) = (condition.size(0), Schedule.Tokens(0));
        using var row = condition.unsqueeze(1);
        using var start = row.expand(sequences, first, -1);
        using var offset = _parameters["pos_start"].expand(sequences, first, -1);
        using var sum = start.add(offset);
        using var position = positions.slice(1, 0, first, 1);
        return sum.add(position);
    }

    /// <summary>Embeds code vectors at positions [start, start + tokens), twice for guidance.</summary>
    /// <param name="codes">(images, tokens, code width)</param>
    /// <returns>(2 x images, tokens, width)</returns>
    public Tensor Embed(Tensor codes, Tensor positions, int start)
    {
        using var embedded = _wordEmbedding.Forward(codes);
        using var part = positions.slice(1, start, start + codes.size(1), 1);
        using var sum = embedded.add(part);
        return sum.repeat(2, 1, 1);
    }

    /// <summary>The mask of the first tokens: (1, 1, tokens, tokens).</summary>
    public Tensor Mask(int tokens)
    {
        using var rows = _mask.slice(2, 0, tokens, 1);
        return rows.slice(3, 0, tokens, 1);
    }

    /// <summary>Computes float32 logits: (sequences, tokens, vocabulary).</summary>
    /// <param name="x">(sequences, tokens, width)</param>
    public Tensor Forward(Tensor x, Tensor condition, Tensor? mask = null)
    {
        var hidden = _blocks[0].Forward(x, condition, mask);
        foreach (var block in _blocks.AsSpan(1))
        {
            using var previous = hidden;
            hidden = block.Forward(previous, condition, mask);
        }

        using var last = hidden;
        return Logits(last, condition);
    }

    /// <summary>Empties the key and value caches.</summary>
    public void Forget()
    {
        foreach (var block in _blocks)
        {
            block.Attention.Forget();
        }
    }

    public void Dispose()
    {
        foreach (var block in _blocks)
        {
            block.Attention.Dispose();
        }

        _classEmbedding.Dispose();
        _levelEmbedding.Dispose();
        _levels.Dispose();
        _mask.Dispose();
        _parameters.Dispose();
    }

    /// <summary>
    /// Normalises in float32, as the published code casts before the norm; the head computes in the parameters' type.
    /// </summary>
    private Tensor Logits(Tensor x, Tensor condition)
    {
        if (x.dtype == float32)
        {
            using var normal = HeadNormal(x, condition);
            return _head.Forward(normal);
        }

        using var wide = x.to(float32);
        using var wideNormal = HeadNormal(wide, condition);
        using var narrow = wideNormal.to(x.dtype);
        using var logits = _head.Forward(narrow);
        return logits.to(float32);
    }

    private Tensor HeadNormal(Tensor x, Tensor condition)
    {
        using var modulation = _headModulation.Forward(condition);
        return _headNorm.Forward(x, modulation[0], modulation[1]);
    }

    private static Tensor BlockCausalMask(Tensor levels, ScalarType type)
    {
        using var rows = levels.unsqueeze(2);
        using var columns = levels.unsqueeze(1);
        using var later = rows.lt(columns);
        using var mask = zeros(later.shape, type).masked_fill_(later, double.NegativeInfinity);
        return mask.unsqueeze(0);
    }
}

/// <summary>A transformer block.</summary>
internal sealed class Block(VarConfig config, Parameters parameters, string name)
{
    private readonly ModulatedNorm _norm = new(config.Width);
    private readonly Modulation _modulation = new(parameters.Linear(name + ".ada_lin.1"), 6);
    private readonly Linear _up = parameters.Linear(name + ".ffn.fc1");
    private readonly Linear _down = parameters.Linear(name + ".ffn.fc2");

    public SelfAttention Attention { get; } = new(config, parameters, name + ".attn");

    /// <param name="x">(sequences, tokens, width)</param>
    /// <param name="condition">(sequences, width)</param>
    public Tensor Forward(Tensor x, Tensor condition, Tensor? mask)
    {
        using var modulation = _modulation.Forward(condition);
        using var middle = AddAttention(x, modulation, mask);
        using var normal = _norm.Forward(middle, modulation[3], modulation[5]);
        using var fed = FeedForward(normal);
        using var gated = fed.mul(modulation[1]);
        return middle.add(gated);
    }

    private Tensor AddAttention(Tensor x, Views modulation, Tensor? mask)
    {
        using var normal = _norm.Forward(x, modulation[2], modulation[4]);
        using var attended = Attention.Forward(normal, mask);
        return x.add(attended.mul_(modulation[0]));
    }

    private Tensor FeedForward(Tensor x)
    {
        using var activated = Up(x);
        return _down.Forward(activated);
    }

    private Tensor Up(Tensor x)
    {
        using var up = _up.Forward(x);
        return up.gelu(GELU.Approximate.tanh);
    }
}
