using CoDe.Engine.Compute;
using CoDe.Flow;

namespace CoDe.Engine.Vqvae;

/// <summary>Maps of one image in an encoder or a decoder, allocated once. Images are processed one at a time.</summary>
internal sealed class NetworkSession : IDisposable
{
    private readonly IBackend _backend;
    private readonly Arena _arena;
    private readonly Tensor _normal;
    private readonly KeyValueCache _cache;
    private readonly (Tensor, Tensor) _start;
    private Tensor _map;
    private Tensor _spare;
    private int _width;

    /// <param name="elements">Elements of the largest map.</param>
    /// <param name="lowestPixels">Pixels of the lowest resolution, where attention is.</param>
    /// <param name="type">Of the maps.</param>
    public NetworkSession(IBackend backend, long elements, int lowestPixels, int lowestWidth, ElementType type)
    {
        _backend = backend;
        _arena = backend.CreateArena();
        var rows = checked((int)elements);
        (_start, _normal) = ((Maps(), Maps()), Maps());
        _cache = backend.CreateCache(
            _arena, layers: 1, sequences: 1, lowestPixels, kept: 0, heads: 1, lowestWidth, type);

        Tensor Maps() => _arena.Allocate(rows, 1, type);
    }

    /// <summary>Pixels a side of the current map.</summary>
    public int Side { get; private set; }

    /// <summary>The current map: (side x side, width).</summary>
    public Tensor Map => View(_map, Side, _width);

    public Arena Arena => _arena;

    /// <summary>Starts with an input map, always in the same memory, so that what is recorded finds it again.</summary>
    public void Begin(Tensor x, int side)
    {
        ((_map, _spare), Side, _width) = (_start, side, x.Columns);
        _backend.Copy(Map, x);
    }

    /// <summary>map = convolution(map).</summary>
    public void Convolve(ConvolutionWeights weights)
    {
        var side = weights.Walk switch
        {
            ConvolutionWalk.HalveSize => Side / 2,
            ConvolutionWalk.DoubleSize => Side * 2,
            _ => Side,
        };
        _backend.Convolution(View(_spare, side, weights.Outputs), Map, weights, Side, Side);
        (_map, _spare, Side, _width) = (_spare, _map, side, weights.Outputs);
    }

    /// <summary>map = silu(norm(map)).</summary>
    public void Activate(Norm norm) => _backend.GroupNorm(Map, Map, norm.Gain, norm.Bias, 1, silu: true);

    public void Run(ResnetBlock block)
    {
        var hidden = View(_spare, Side, block.Convolution1.Outputs);
        _backend.Convolution(hidden, Normalize(Map, block.Norm1, silu: true), block.Convolution1, Side, Side);
        var activated = Normalize(hidden, block.Norm2, silu: true);
        if (block.Shortcut is { } shortcut)
        {
            Convolve(shortcut);
        }

        _backend.ConvolutionAdd(Map, activated, block.Convolution2, Side, Side);
    }

    public void Run(AttentionBlock block)
    {
        var (pixels, width) = (Side * Side, _width);
        var queryKeyValue = View(_spare, Side, 3 * width);
        var normal = Normalize(Map, block.Norm, silu: false);
        _backend.Convolution(queryKeyValue, normal, block.QueryKeyValue, Side, Side);
        _backend.Attention(normal, queryKeyValue, _cache, 0, block.Scale, 0, [pixels]);
        _backend.ConvolutionAdd(Map, normal, block.Projection, Side, Side);
    }

    public void Run(Middle middle)
    {
        Run(middle.First);
        Run(middle.Attention);
        Run(middle.Second);
    }

    public void Run(Level level)
    {
        for (var block = 0; block < level.Blocks.Count; block++)
        {
            Run(level.Blocks[block]);
            if (block < level.Attention.Count)
            {
                Run(level.Attention[block]);
            }
        }
    }

    public void Dispose() => _arena.Dispose();

    private static Tensor View(Tensor memory, int side, int width) => memory.Part(0, side * side, width);

    private Tensor Normalize(Tensor x, Norm norm, bool silu)
    {
        var normal = View(_normal, Side, x.Columns);
        _backend.GroupNorm(normal, x, norm.Gain, norm.Bias, 1, silu);
        return normal;
    }
}

/// <summary>Sizes of the maps between image and features.</summary>
internal static class NetworkSize
{
    /// <summary>
    /// Elements of the largest map of a network, or of the query, key and value map at its lowest resolution.
    /// </summary>
    public static long LargestMap(this VqvaeConfig config, ScaleSchedule schedule)
    {
        var largest = 3L * config.Widths[^1] * schedule.FinalSide * schedule.FinalSide;
        for (var level = 0; level < config.Widths.Count; level++)
        {
            long side = schedule.FinalSide << (config.Widths.Count - 1 - level);
            var neighbour = level + 1 < config.Widths.Count ? config.Widths[level + 1] : config.Widths[level];
            var before = level == 0 ? config.BaseWidth : config.Widths[level - 1];
            largest = Math.Max(largest, side * side * Math.Max(config.Widths[level], Math.Max(neighbour, before)));
        }

        return largest;
    }
}
