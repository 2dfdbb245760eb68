using CoDe.Compute.Cuda.Native;
using CoDe.Compute.Memory;

namespace CoDe.Compute.Cuda;

/// <summary>Every operator of the seam, sent to its kernel with the grid that its source asks for.</summary>
internal sealed class CudaOperators : IBackend
{
    private const int Block = 256;
    private const int Warp = 32;

    /// <summary>Bytes that a plan leaves for what belongs to no tensor: pieces of weights on their way, moments of norms, products before their gate.</summary>
    private const long Workspaces = 256 << 20;

    private readonly CudaDevice _device;
    private readonly KernelLibrary _kernels;
    private readonly CudaTransfer _transfer;
    private readonly CudaPacking _packing;
    private readonly CudaWorkspace _workspace;
    private readonly CudaNormalization _normalization;
    private readonly CublasProducts? _cublas;
    private readonly CudaProducts _products;
    private readonly ScratchBlocks _scratch;

    public CudaOperators(CudaDevice device, KernelLibrary kernels, CudaOptions options)
    {
        (_device, _kernels, ActivationType) = (device, kernels, options.Weights);
        var memory = new CudaDeviceMemory(device);
        _scratch = new ScratchBlocks(memory);
        _transfer = new CudaTransfer(device, memory, kernels);
        _packing = new CudaPacking(_transfer);
        _workspace = new CudaWorkspace(memory);
        _normalization = new CudaNormalization(kernels, _workspace);
        var narrow = options.Weights is ElementType.Float16 or ElementType.BFloat16;
        _cublas = narrow && options.UseCublas && CublasLt.IsInstalled ? new CublasProducts(device, kernels, memory, _workspace) : null;
        _products = new CudaProducts(kernels, device.Multiprocessors, _cublas);
        var products = _cublas is null ? "own products" : $"cuBLASLt {CublasLt.Version}";
        Arithmetic = FormattableString.Invariant($"{device.Name} (compute capability {device.Capability / 10}.{device.Capability % 10}), {ActivationType} weights, {products}");
    }

    public string Description
    {
        get
        {
            var (used, total) = _device.Memory;
            return FormattableString.Invariant(
                $"cuda:{_device.Ordinal}, {Arithmetic}, {_device.Multiprocessors} multiprocessors at up to {_device.Clock} MHz, {used >> 20} of {total >> 20} MiB in use, at up to {_device.MemoryClock} MHz");
        }
    }

    public string Arithmetic { get; }

    public ElementType TableType => ActivationType;

    public ElementType ActivationType { get; }

    public ElementType MapType => CudaMemory.MapType(ActivationType);

    public DeviceMemory? Memory
    {
        get
        {
            var (used, total) = _device.Memory;
            return new DeviceMemory(used, total, ((CudaMemory)_scratch.Memory).PeakBytes);
        }
    }

    public Arena CreateArena() => new OwnedArena(_scratch.Memory);

    public Arena CreateScratch() => new ScratchArena(_scratch);

    public KeyValueCache CreateCache(Arena arena, int layers, int sequences, int positions, int heads, int headWidth, ElementType type)
        => new CudaCache(arena, layers, sequences, positions, heads, headWidth, type);

    public DrawTable CreateDraws(Arena arena, int images) => new CudaDraws(arena, images);

    public IMemoryPlan? Plan()
    {
        var (used, total) = _device.Memory;
        return new CudaPlan(ActivationType, total - used - Workspaces, _scratch.Sizes);
    }

    public Recording? Record(Action work)
    {
        work();
        return new CudaRecording(_device, work);
    }

    public LinearWeights PackLinear(Arena arena, WeightSource weight, ReadOnlySpan<float> bias, int firstRow = 0, ElementType? read = null)
    {
        var inputs = checked((int)(weight.Count / weight.Shape[0]));
        var matrix = _packing.Pack(
            arena, bias.Length, inputs, read ?? ActivationType, (row, destination) => weight.Read((long)(firstRow + row) * inputs, destination));
        var narrowBias = _cublas is not null && matrix.Type != ElementType.Float32 ? _packing.PackBias(arena, bias, matrix.Type) : (Tensor?)null;
        return new CudaLinear(weight.Name, matrix, _packing.PackBias(arena, bias), narrowBias);
    }

    public ConvolutionWeights PackConvolution(
        Arena arena, WeightSource weight, ReadOnlySpan<float> bias, ConvolutionWalk walk = ConvolutionWalk.Same, float blend = 1, ElementType? read = null)
    {
        var (outputs, inputs, kernel) = (weight.Shape[0], weight.Shape[1], weight.Shape[2]);
        var taps = kernel * kernel;
        var stored = new float[inputs * taps];
        var matrix = _packing.Pack(arena, outputs, inputs * taps, read ?? MapType, (row, destination) =>
        {
            weight.Read((long)row * stored.Length, stored);
            for (var input = 0; input < inputs; input++)
            {
                var blended = stored.AsSpan(input * taps, taps);
                IdentityBlend.OfKernel(blended, blend, input == row);
                for (var tap = 0; tap < taps; tap++)
                {
                    destination[(tap * inputs) + input] = blended[tap];
                }
            }
        });
        return new CudaConvolution(matrix, _packing.PackBias(arena, IdentityBlend.OfBias(bias, blend)), inputs, kernel, walk);
    }

    public void StoreTable(Tensor table, Tensor x) => Copy(table, x);

    public void Upload(Tensor y, ReadOnlySpan<float> values) => _transfer.Upload(y, values);

    public void Upload(Tensor y, ReadOnlySpan<int> values) => _transfer.Upload<int>(y, values);

    public void Upload(DrawTable table, ReadOnlySpan<TokenDraw> draws)
    {
        Span<DrawSettings> settings = draws.Length <= 64 ? stackalloc DrawSettings[draws.Length] : new DrawSettings[draws.Length];
        for (var image = 0; image < draws.Length; image++)
        {
            settings[image] = new DrawSettings(draws[image]);
        }

        _transfer.Upload<DrawSettings>(((CudaDraws)table).Table.RowRange(0, draws.Length), settings);
    }

    public void Download(Span<float> values, Tensor x) => _transfer.Download(values, x);

    public void Download(Span<int> values, Tensor x) => _transfer.Download<int>(values, x);

    public void Download(Span<byte> values, Tensor x) => _transfer.Download<byte>(values, x);

    public void Synchronize() => _device.Synchronize();

    public void Linear(Tensor y, Tensor x, LinearWeights weights, int rowsPerSequence)
        => _products.Linear(y, x, (CudaLinear)weights, Epilogue.Assign, default, rowsPerSequence);

    public void LinearGelu(Tensor y, Tensor x, LinearWeights weights, int rowsPerSequence)
        => _products.Linear(y, x, (CudaLinear)weights, Epilogue.Gelu, default, rowsPerSequence);

    public void LinearGatedResidual(Tensor y, Tensor x, LinearWeights weights, Tensor gate, int rowsPerSequence)
        => _products.Linear(y, x, (CudaLinear)weights, Epilogue.GatedResidual, gate, rowsPerSequence);

    public void LayerNorm(Tensor y, Tensor x, Tensor scale, Tensor shift, int rowsPerSequence)
        => _kernels.Launch(_kernels.Find("layer_norm", x.Type, y.Type), (y.Rows, 1, 1), Block, 0, y, x, scale, shift, rowsPerSequence);

    public void Silu(Tensor y, Tensor x) => _kernels.LaunchEach(_kernels.Find("silu", x.Type, y.Type), y, y, x);

    public void AddRows(Tensor y, Tensor x, Tensor addend) => _kernels.LaunchEach(_kernels.Find("add_rows", y.Type), y, y, x, addend);

    public void Gather(Tensor y, Tensor table, Tensor indices) => _kernels.LaunchEach(_kernels.Find("gather", table.Type, y.Type), y, y, table, indices);

    public void StoreKeysValues(KeyValueCache cache, int layer, Tensor keysValues, int first, int rowsPerSequence, bool normalize)
    {
        var to = (CudaCache)cache;
        _kernels.Launch(
            _kernels.Find("store_keys_values", to.Type), (keysValues.Rows, to.Heads, 1), Warp, 0,
            to.Keys(layer), to.Values(layer), keysValues, to.Positions, to.Heads, to.HeadWidth, first, rowsPerSequence, normalize ? 1 : 0);
    }

    public void Attention(Tensor y, Tensor queries, KeyValueCache cache, int layer, Tensor scale, bool normalize, int first, ReadOnlySpan<int> ends)
        => CudaAttention.Run(_kernels, y, queries, (CudaCache)cache, layer, scale, normalize, first, ends);

    public void DrawTokens(Tensor tokens, Tensor logits, DrawTable draws, int firstPosition)
    {
        var sorted = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)logits.Columns);
        _kernels.Launch(
            _kernels.Find("draw_tokens"), (tokens.Rows * tokens.Columns, 1, 1), Block, (long)sorted * sizeof(ulong),
            tokens, logits, ((CudaDraws)draws).Table.Address, firstPosition, sorted);
    }

    public void MixCodes(Tensor y, Tensor logits, Tensor codebook, DrawTable draws, int tokens, CodeMixture mixture, int firstPosition)
        => _kernels.Launch(
            _kernels.Find("mix_codes"), (y.Rows, 1, 1), Block, (long)logits.Columns * sizeof(float),
            y, logits, codebook, ((CudaDraws)draws).Table.Address, tokens, mixture.Sharpness, mixture.Temperature, firstPosition);

    public void ResizeBicubic(Tensor y, Tensor x, int side, int finalSide) => _kernels.LaunchEach(_kernels.Find("resize_bicubic", x.Type), y, y, x, side, finalSide);

    public void ResizeArea(Tensor y, Tensor x, int finalSide, int side) => _kernels.LaunchEach(_kernels.Find("resize_area", x.Type), y, y, x, finalSide, side);

    public void NearestCode(Tensor tokens, Tensor x, Tensor codebook)
        => _kernels.Launch(_kernels.Find("nearest_code"), (x.Rows, 1, 1), Block, 0, tokens, x, codebook);

    public void AddScaled(Tensor y, Tensor x, float scale) => _kernels.LaunchEach(_kernels.Find("add_scaled", y.Type), y, y, x, scale);

    public void BlendKept(Tensor y, Tensor x, Tensor keep) => _kernels.LaunchEach(_kernels.Find("blend_kept", y.Type), y, y, x, keep);

    public void Copy(Tensor y, Tensor x) => _transfer.Copy(y, x);

    public void Clear(Tensor y) => _kernels.LaunchEach(_kernels.Find("clear", y.Type), y, y);

    public void Convolution(Tensor y, Tensor x, ConvolutionWeights weights, int height, int width)
        => _products.Convolution(y, x, (CudaConvolution)weights, height, width, accumulate: false);

    public void ConvolutionAdd(Tensor y, Tensor x, ConvolutionWeights weights, int height, int width)
        => _products.Convolution(y, x, (CudaConvolution)weights, height, width, accumulate: true);

    public void ToBytes(Tensor y, Tensor x) => _kernels.LaunchEach(_kernels.Find("to_bytes", x.Type), y, y, x);

    public void GroupNorm(Tensor y, Tensor x, Tensor gain, Tensor bias, int images, bool silu) => _normalization.GroupNorm(y, x, gain, bias, images, silu);

    public void Dispose()
    {
        _cublas?.Dispose();
        _workspace.Dispose();
        _transfer.Dispose();
        _kernels.Dispose();
        _device.Dispose();
    }
}
