using CoDe.Engine.Compute;
using CoDe.Engine.Weights;

namespace CoDe.Engine.Var;

/// <summary>The parameters of a VAR transformer, packed on a device.</summary>
public sealed class VarWeights : IDisposable
{
    /// <summary>exp of a head's attention scale goes no higher (<c>max_scale_mul</c>).</summary>
    internal const float LargestAttentionScale = 100;

    /// <summary>Scale of scores times the root of the head width, where attention is not normalised.</summary>
    internal const float PlainAttentionScale = 0.25f;

    private readonly Arena _arena;

    private VarWeights(IBackend backend, Checkpoint checkpoint, string within, VarConfig config)
    {
        Config = config;
        _arena = backend.CreateArena();
        WordEmbedding = checkpoint.ReadLinear(backend, _arena, within + "word_embed", ElementType.Float32);
        ClassEmbedding = checkpoint.ReadTable(backend, _arena, within + "class_emb.weight");
        Positions = ReadPositions(backend, checkpoint, within);
        StartPositions = _arena.Allocate(config.Schedule.Tokens(0), config.Width);
        backend.AddRows(
            StartPositions, checkpoint.ReadTable(backend, _arena, within + "pos_start"),
            Positions.RowRange(0, StartPositions.Rows));
        using var modulations = new ModulationTables(backend, checkpoint, ClassEmbedding);
        SharedModulations = config.SharedAdaLn ? modulations.Read(_arena, within + "shared_ada_lin.1") : null;
        Blocks = [.. Enumerable.Range(0, config.Depth)
            .Select(block => FormattableString.Invariant($"{within}blocks.{block}."))
            .Select(block => ReadBlock(backend, checkpoint, modulations, block))];
        HeadModulations = modulations.Read(_arena, within + "head_nm.ada_lin.1");
        Head = checkpoint.ReadLinear(backend, _arena, within + "head", ElementType.Float32);
    }

    public VarConfig Config { get; }

    internal LinearWeights WordEmbedding { get; }

    /// <summary>(classes + 1, width)</summary>
    internal Tensor ClassEmbedding { get; }

    /// <summary>Position plus level embedding: (tokens, width).</summary>
    internal Tensor Positions { get; }

    /// <summary>
    /// Start token with position and level, to which the class token is added: (tokens of the first scale, width).
    /// </summary>
    internal Tensor StartPositions { get; }

    /// <summary>(classes + 1, 6 x width), where one AdaLN layer serves all blocks.</summary>
    internal Tensor? SharedModulations { get; }

    internal IReadOnlyList<VarBlockWeights> Blocks { get; }

    /// <summary>Scale and shift before the head: (classes + 1, 2 x width).</summary>
    internal Tensor HeadModulations { get; }

    internal LinearWeights Head { get; }

    /// <summary>Reads and packs the one VAR model of a checkpoint.</summary>
    /// <exception cref="CheckpointException">The file holds none, or its tensors do not fit together.</exception>
    public static VarWeights Load(IBackend backend, Checkpoint checkpoint)
    {
        var (config, within) = VarConfig.Find(checkpoint);
        return new VarWeights(backend, checkpoint, within, config);
    }

    public void Dispose() => _arena.Dispose();

    private Tensor ReadPositions(IBackend backend, Checkpoint checkpoint, string within)
    {
        using var scratch = backend.CreateArena();
        var positions = checkpoint.ReadTable(backend, scratch, within + "pos_1LC");
        var levels = checkpoint.ReadTable(backend, scratch, within + "lvl_embed.weight");
        var sum = _arena.Allocate(positions.Rows, positions.Columns);
        for (var scale = 0; scale < Config.Schedule.Count; scale++)
        {
            var (start, count) = (Config.Schedule.Start(scale), Config.Schedule.Tokens(scale));
            backend.AddRows(sum.RowRange(start, count), positions.RowRange(start, count), levels.RowRange(scale, 1));
        }

        return sum;
    }

    private VarBlockWeights ReadBlock(
        IBackend backend, Checkpoint checkpoint, ModulationTables modulations, string block)
    {
        var width = Config.Width;
        using var queryKeyValue = checkpoint.OpenWeight(block + "attn.mat_qkv.weight");
        float[] bias = [
            .. checkpoint.ReadWeight(block + "attn.q_bias"),
            .. new float[width],
            .. checkpoint.ReadWeight(block + "attn.v_bias")];
        return new VarBlockWeights(
            QueryKeyValue: backend.PackLinear(_arena, queryKeyValue, bias),
            AttentionScale: ReadAttentionScale(backend, checkpoint, block),
            Projection: checkpoint.ReadLinear(backend, _arena, block + "attn.proj"),
            Up: checkpoint.ReadLinear(backend, _arena, block + "ffn.fc1"),
            Down: checkpoint.ReadLinear(backend, _arena, block + "ffn.fc2"),
            Modulations: Config.SharedAdaLn ? null : modulations.Read(_arena, block + "ada_lin.1"),
            ModulationOffset: Config.SharedAdaLn
                ? checkpoint.ReadTable(backend, _arena, block + "ada_gss", 6 * width)
                : null);
    }

    /// <summary>
    /// Reads the scale of each head's scores: learned where attention is normalised, else the plain one.
    /// </summary>
    private AttentionScale ReadAttentionScale(IBackend backend, Checkpoint checkpoint, string block)
    {
        var scales = new float[Config.Heads];
        Array.Fill(scales, PlainAttentionScale / MathF.Sqrt(Config.HeadWidth));
        if (Config.NormalizedAttention)
        {
            var logarithms = checkpoint.ReadWeight(block + "attn.scale_mul_1H11");
            scales = [.. logarithms.Select(logarithm => Math.Min((float)Math.Exp(logarithm), LargestAttentionScale))];
        }

        return backend.PackScale(_arena, scales, Config.HeadWidth, Config.NormalizedAttention);
    }
}

/// <summary>The parameters of one block.</summary>
/// <param name="Modulations">
/// (classes + 1, 6 x width), the six vectors of <see cref="Modulation"/>; null where one AdaLN layer serves all blocks.
/// </param>
/// <param name="ModulationOffset">
/// (1, 6 x width) added to the shared layer's vectors; null where each block has its own layer.
/// </param>
internal sealed record VarBlockWeights(
    LinearWeights QueryKeyValue, AttentionScale AttentionScale,
    LinearWeights Projection, LinearWeights Up, LinearWeights Down,
    Tensor? Modulations, Tensor? ModulationOffset);
