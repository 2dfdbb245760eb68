using System.Globalization;
using CoDe.Engine.Weights;
using CoDe.Flow;

namespace CoDe.Engine.Var;

/// <summary>The hyperparameters of a VAR transformer, all read off the shapes of its checkpoint.</summary>
/// <param name="Depth">Number of blocks.</param>
/// <param name="Width">Channels of a token, C.</param>
/// <param name="Heads">Attention heads of a block.</param>
/// <param name="HiddenWidth">Channels inside the feed-forward network.</param>
/// <param name="Classes">Class labels; the label <c>Classes</c> itself is the unconditional one.</param>
/// <param name="Vocabulary">Codes of the tokenizer, V.</param>
/// <param name="CodeWidth">Channels of a code, Cvae.</param>
/// <param name="NormalizedAttention">Whether queries and keys are L2-normalised (<c>attn_l2_norm</c>).</param>
/// <param name="SharedAdaLn">Whether all blocks share one AdaLN layer (<c>shared_aln</c>).</param>
public sealed record VarConfig(
    int Depth, int Width, int Heads, int HiddenWidth, int Classes, int Vocabulary, int CodeWidth,
    bool NormalizedAttention, bool SharedAdaLn, ScaleSchedule Schedule)
{
    /// <summary>A tensor that every VAR checkpoint has and no other: it marks where in a file the model is.</summary>
    public const string Marker = "word_embed.weight";

    /// <summary>The published sizes have 64 channels a head and a head a block.</summary>
    public const int PublishedHeadWidth = 64;

    /// <summary>Tokens travel as 16-bit numbers.</summary>
    private const int LargestVocabulary = ushort.MaxValue + 1;

    public int HeadWidth => Width / Heads;

    /// <summary>
    /// Published model of a depth (16, 20, 24, 30, or 36 for 512 x 512), or a model of another depth by the same rule.
    /// </summary>
    public static VarConfig Published(int depth, int classes = 1000, int vocabulary = 4096, int codeWidth = 32) => new(
        depth, depth * PublishedHeadWidth, depth, 4 * depth * PublishedHeadWidth, classes, vocabulary, codeWidth,
        NormalizedAttention: true, SharedAdaLn: depth == 36,
        depth == 36 ? ScaleSchedule.Published512 : ScaleSchedule.Published256);

    /// <summary>Finds the one VAR model of a checkpoint, wherever in the file it is, and checks its tensors.</summary>
    /// <returns>Its hyperparameters, and the prefix of the names of its tensors.</returns>
    /// <exception cref="CheckpointException">The file holds none, or its tensors do not fit together.</exception>
    public static (VarConfig Config, string Within) Find(Checkpoint checkpoint)
    {
        var within = checkpoint.FindPrefix(Marker)
            ?? throw new CheckpointException($"{checkpoint.Path} is no VAR checkpoint: it has no {Marker}.");
        var config = Read(checkpoint, within);
        config.Manifest().Check(checkpoint, within, $"VAR-d{config.Depth}");
        return (config, within);
    }

    /// <summary>Reads the hyperparameters off a checkpoint's shapes.</summary>
    /// <param name="within">Prefix of the names of the model's tensors.</param>
    /// <exception cref="CheckpointException">It is not a VAR checkpoint.</exception>
    public static VarConfig Read(Checkpoint checkpoint, string within)
    {
        var (width, codeWidth) = (Size(0, Marker, 2), Size(1, Marker, 2));
        var normalized = checkpoint.Tensors.ContainsKey(within + "blocks.0.attn.scale_mul_1H11");
        var heads = normalized ? Size(1, "blocks.0.attn.scale_mul_1H11", 4) : Math.Max(1, width / PublishedHeadWidth);
        if (heads < 1 || width % heads != 0)
        {
            throw new CheckpointException($"{checkpoint.Path}: {width} channels do not divide into {heads} heads.");
        }

        var vocabulary = Size(0, "head.weight", 2);
        if (vocabulary > LargestVocabulary)
        {
            throw new CheckpointException(
                $"{checkpoint.Path}: {vocabulary} codes are more than the {LargestVocabulary} that token maps hold.");
        }

        return new VarConfig(
            CountBlocks(checkpoint, within), width, heads,
            Size(0, "blocks.0.ffn.fc1.weight", 2), Size(0, "class_emb.weight", 2) - 1,
            vocabulary, codeWidth, normalized, checkpoint.Tensors.ContainsKey(within + "blocks.0.ada_gss"),
            ReadSchedule(checkpoint, within, Size(1, "pos_1LC", 3), Size(0, "lvl_embed.weight", 2)));

        int Size(int dimension, string name, int rank) => checkpoint.Tensors.TryGetValue(within + name, out var tensor)
            && tensor.Shape.Count == rank && tensor.Shape[dimension] > 0
                ? tensor.Shape[dimension]
                : throw new CheckpointException(
                    $"{checkpoint.Path} is no VAR checkpoint: it has no {within}{name} of {rank} dimensions.");
    }

    /// <summary>Every tensor of a checkpoint of this configuration.</summary>
    public Manifest Manifest()
    {
        var manifest = new Manifest()
            .NeedLayer("word_embed", Width, CodeWidth)
            .Need("class_emb.weight", Classes + 1, Width)
            .Need("pos_start", 1, Schedule.Tokens(0), Width)
            .Need("pos_1LC", 1, Schedule.TotalTokens, Width)
            .Need("lvl_embed.weight", Schedule.Count, Width)
            .NeedLayer("head_nm.ada_lin.1", 2 * Width, Width)
            .NeedLayer("head", Vocabulary, Width)
            .Ignore("lvl_1L", "attn_bias_for_masking");
        if (SharedAdaLn)
        {
            manifest.NeedLayer("shared_ada_lin.1", 6 * Width, Width);
        }

        for (var block = 0; block < Depth; block++)
        {
            AddBlock(manifest, FormattableString.Invariant($"blocks.{block}."));
        }

        return manifest;
    }

    private void AddBlock(Manifest manifest, string block)
    {
        manifest
            .Need(block + "attn.mat_qkv.weight", 3 * Width, Width)
            .Need(block + "attn.q_bias", Width)
            .Need(block + "attn.v_bias", Width)
            .NeedLayer(block + "attn.proj", Width, Width)
            .NeedLayer(block + "ffn.fc1", HiddenWidth, Width)
            .NeedLayer(block + "ffn.fc2", Width, HiddenWidth)
            .Ignore(block + "attn.zero_k_bias");
        if (NormalizedAttention)
        {
            manifest.Need(block + "attn.scale_mul_1H11", 1, Heads, 1, 1);
        }

        if (SharedAdaLn)
        {
            manifest.Need(block + "ada_gss", 1, 1, 6, Width);
        }
        else
        {
            manifest.NeedLayer(block + "ada_lin.1", 6 * Width, Width);
        }
    }

    private static int CountBlocks(Checkpoint checkpoint, string within)
    {
        var depth = 0;
        while (checkpoint.Tensors.ContainsKey(
            within + "blocks." + depth.ToString(CultureInfo.InvariantCulture) + ".attn.mat_qkv.weight"))
        {
            depth++;
        }

        return depth > 0
            ? depth
            : throw new CheckpointException($"{checkpoint.Path} is no VAR checkpoint: it has no {within}blocks.0.");
    }

    /// <summary>
    /// Reads the scales from the level of every position, or from the published schedule of that length.
    /// </summary>
    private static ScaleSchedule ReadSchedule(Checkpoint checkpoint, string within, int tokens, int scales)
    {
        if (checkpoint.Tensors.TryGetValue(within + "lvl_1L", out var levels)
            && levels.Shape is [1, var length] && length == tokens)
        {
            var counts = checkpoint.ReadAll(within + "lvl_1L")
                .GroupBy(level => level).OrderBy(group => group.Key).Select(group => group.Count());
            var sides = counts.Select(count => (int)Math.Round(Math.Sqrt(count))).ToArray();
            if (sides.Length == scales && sides.Sum(side => side * side) == tokens
                && sides.Zip(sides.Skip(1)).All(pair => pair.First <= pair.Second))
            {
                return new ScaleSchedule(sides);
            }
        }

        return new[] { ScaleSchedule.Published256, ScaleSchedule.Published512 }
            .FirstOrDefault(schedule => schedule.TotalTokens == tokens && schedule.Count == scales)
            ?? throw new CheckpointException(
                $"{checkpoint.Path}: the sides of its {scales} scales of {tokens} tokens are not known; "
                + $"{within}lvl_1L would tell them.");
    }
}
