using CoDe.Engine.Compute;

namespace CoDe.Engine.Var;

/// <summary>
/// State of one batch in a VAR transformer: conditions, key/value cache and scratch, allocated once for the largest
/// batch. Scales are decoded in order; a prefix that another model drafted is read in one pass.
/// </summary>
public sealed class VarSession : IDisposable
{
    private readonly IBackend _backend;
    private readonly VarWeights _weights;
    private readonly Arena _arena;
    private readonly VarScratch _scratch;
    private readonly KeyValueCache _cache;
    private readonly Tensor _labels;
    private readonly Tensor _modulations;
    private readonly Tensor _sharedModulation;
    private readonly Tensor _headModulation;
    private readonly Tensor _logits;
    private readonly int[] _ends;
    private int _images;

    /// <param name="capacity">The most images of a batch.</param>
    /// <param name="scales">Number of scales that are decoded at most, which sets the length of the cache.</param>
    /// <param name="prefixScales">Scales that <see cref="Prefill"/> reads in one pass at most.</param>
    /// <param name="logitScales">Scales whose logits <see cref="TeacherForced"/> returns at once; 0 without it.</param>
    public VarSession(
        IBackend backend, VarWeights weights, int capacity, int scales, int prefixScales = 0, int logitScales = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        (_backend, _weights, Capacity) = (backend, weights, capacity);
        _arena = backend.CreateScratch();
        var (config, schedule) = (weights.Config, weights.Config.Schedule);
        _ends = [.. Enumerable.Range(0, schedule.Count).Select(schedule.End)];
        var pass = Math.Max(schedule.Tokens(scales - 1), Math.Max(Prefix(prefixScales), Prefix(logitScales)));
        _scratch = new VarScratch(_arena, backend.ActivationType, config, 2 * capacity * pass);
        _cache = backend.CreateCache(
            _arena, config.Depth, 2 * capacity, schedule.End(scales - 1), kept: schedule.Start(scales - 1),
            config.Heads, config.HeadWidth, backend.ActivationType);
        _labels = _arena.Allocate(1, 2 * capacity * schedule.Tokens(0), ElementType.Int32);
        _modulations = _arena.Allocate(2 * capacity, config.Depth * 6 * config.Width);
        _sharedModulation = _arena.Allocate(config.SharedAdaLn ? 2 * capacity : 0, 6 * config.Width);
        _headModulation = _arena.Allocate(2 * capacity, 2 * config.Width);
        _logits = _arena.Allocate(
            2 * capacity * Math.Max(schedule.Tokens(scales - 1), Prefix(logitScales)), config.Vocabulary);
        int Prefix(int count) => count == 0 ? 0 : schedule.End(count - 1);
    }

    /// <summary>The most images of a batch.</summary>
    public int Capacity { get; }

    /// <summary>Tells whether the batch's images are also decoded without their labels.</summary>
    public bool IsGuided { get; private set; }

    private int Sequences => IsGuided ? 2 * _images : _images;

    /// <summary>Starts a batch: gathers every AdaLN vector of its labels.</summary>
    /// <param name="labels">A class an image; the number of classes is the unconditional label.</param>
    /// <param name="guided">
    /// Whether any image uses guidance; then every image is also decoded without its label.
    /// </param>
    public void Begin(ReadOnlySpan<int> labels, bool guided)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(labels.Length, Capacity, nameof(labels));
        (_images, IsGuided) = (labels.Length, guided);
        UploadLabels(labels);
        var conditions = _labels.ColumnRange(0, Sequences);
        if (_weights.SharedModulations is { } shared)
        {
            _backend.Gather(_sharedModulation.RowRange(0, Sequences), shared, conditions);
        }

        for (var layer = 0; layer < _weights.Config.Depth; layer++)
        {
            Modulate(_weights.Blocks[layer], ModulationOf(layer), conditions);
        }

        _backend.Gather(HeadModulation(), _weights.HeadModulations, conditions);
        _backend.AddConstant(HeadModulation().ColumnRange(0, _weights.Config.Width), 1);
    }

    /// <summary>
    /// Reads the first scales, which are already decoded, in one block-causal pass. It stores their keys and values and
    /// yields no logits.
    /// </summary>
    /// <param name="inputs">
    /// Inputs of <c>word_embed</c>, (images x positions, code width); those of scale 1 are ignored.
    /// </param>
    public void Prefill(Tensor inputs, int scales)
    {
        var ends = _ends.AsSpan(0, scales);
        var x = Embed(inputs, 0, ends[^1]);
        Forward(x, 0, ends, keysValuesOnlyAtLast: true);
    }

    /// <summary>
    /// Decodes one scale to logits (sequences x tokens, vocabulary), conditional sequences first. The first scale has
    /// no guidance and yields only those.
    /// </summary>
    /// <param name="inputs">(images x tokens of the scale, code width); nothing is read at scale 0.</param>
    public Tensor Forward(int scale, Tensor inputs)
    {
        var first = _weights.Config.Schedule.Start(scale);
        var x = Embed(inputs, first, _ends[scale] - first);
        Forward(x, first, _ends.AsSpan(scale, 1), keysValuesOnlyAtLast: false);
        var conditional = scale == 0 ? x.RowRange(0, _images * _ends[0]) : x;
        return Logits(conditional, _ends[scale] - first);
    }

    /// <summary>
    /// Computes logits of the first scales from all their inputs: (sequences x positions, vocabulary).
    /// </summary>
    public Tensor TeacherForced(Tensor inputs, int scales)
    {
        var ends = _ends.AsSpan(0, scales);
        var x = Embed(inputs, 0, ends[^1]);
        Forward(x, 0, ends, keysValuesOnlyAtLast: false);
        return Logits(x, ends[^1]);
    }

    public void Dispose() => _arena.Dispose();

    private void Forward(Tensor x, int first, ReadOnlySpan<int> ends, bool keysValuesOnlyAtLast)
    {
        var last = _weights.Config.Depth - 1;
        for (var layer = 0; layer <= last; layer++)
        {
            var modulation = new Modulation(ModulationOf(layer), _weights.Config.Width);
            var block = new VarBlock(_backend, _weights.Blocks[layer], modulation, _cache, layer);
            if (keysValuesOnlyAtLast && layer == last)
            {
                block.ForwardKeysValues(x, _scratch, first, ends[^1] - first);
            }
            else
            {
                block.Forward(x, _scratch, first, ends);
            }
        }
    }

    /// <summary>Tokens of positions [first, first + count) of every sequence, positions added.</summary>
    private Tensor Embed(Tensor inputs, int first, int count)
    {
        var x = _scratch.Tokens(Sequences * count);
        var classTokens = first == 0 ? _ends[0] : 0;
        if (count > classTokens)
        {
            var embedded = _scratch.Embedded(_images * count);
            _backend.Linear(embedded, inputs, _weights.WordEmbedding, count);
            _backend.AddRows(x, embedded, _weights.Positions.RowRange(first, count));
        }

        for (var position = 0; position < classTokens; position++)
        {
            var embedded = _scratch.Embedded(Sequences);
            _backend.Gather(embedded, _weights.ClassEmbedding, _labels.ColumnRange(position * Sequences, Sequences));
            _backend.AddRows(x.EveryRow(position, count), embedded, _weights.StartPositions.RowRange(position, 1));
        }

        return x;
    }

    private Tensor Logits(Tensor x, int rowsPerSequence)
    {
        var (head, width) = (HeadModulation(), _weights.Config.Width);
        var normal = _scratch.WideNormal(x.Rows);
        _backend.LayerNorm(normal, x, head.ColumnRange(0, width), head.ColumnRange(width, width), rowsPerSequence);
        var logits = _logits.RowRange(0, x.Rows);
        _backend.Linear(logits, normal, _weights.Head, rowsPerSequence);
        return logits;
    }

    private void Modulate(VarBlockWeights block, Tensor modulation, Tensor conditions)
    {
        if (block.Modulations is { } own)
        {
            _backend.Gather(modulation, own, conditions);
        }
        else
        {
            _backend.AddRows(modulation, _sharedModulation.RowRange(0, Sequences), block.ModulationOffset!.Value);
        }

        _backend.AddConstant(new Modulation(modulation, _weights.Config.Width).Gains, 1);
    }

    private Tensor ModulationOf(int layer)
        => _modulations.RowRange(0, Sequences)
            .ColumnRange(layer * 6 * _weights.Config.Width, 6 * _weights.Config.Width);

    private Tensor HeadModulation() => _headModulation.RowRange(0, Sequences);

    /// <summary>The label of every sequence, as often as there are class tokens.</summary>
    private void UploadLabels(ReadOnlySpan<int> labels)
    {
        Span<int> all = stackalloc int[Sequences];
        all.Fill(_weights.Config.Classes);
        labels.CopyTo(all);
        for (var position = 0; position < _weights.Config.Schedule.Tokens(0); position++)
        {
            _backend.Upload(_labels.ColumnRange(position * Sequences, Sequences), all);
        }
    }
}
