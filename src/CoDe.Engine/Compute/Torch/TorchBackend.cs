using System.Runtime.InteropServices;
using CoDe.Engine.Compute.Cpu;
using CoDe.Engine.Compute.Memory;
using CoDe.Engine.Compute.Torch.Native;
using CoDe.Engine.Compute.Torch.Operators;
using TorchSharp;

namespace CoDe.Engine.Compute.Torch;

/// <summary>libtorch as a device: on the CPU or on a GPU, by the same calls.</summary>
public sealed class TorchBackend : IBackend
{
    /// <summary>
    /// Bytes of the code and workspaces of oneDNN, with twice what VAR-d8 took at its peak beside its plan.
    /// </summary>
    private const long CpuLibraries = 256 << 20;

    /// <summary>Bytes of the kernels and workspaces of cuBLAS and cuDNN, not measured yet.</summary>
    private const long CudaLibraries = 512 << 20;

    private readonly IBackend _cpu;
    private readonly torch.Device _device;
    private readonly ElementType _type;
    private readonly ScratchBlocks _scratch;
    private readonly CausalMasks _masks;
    private readonly Resize _resize;
    private readonly Drawing _drawing;
    private readonly TorchMemory _memory;
    private readonly DeviceGauge? _gauge;
    private readonly Func<long> _free;

    private TorchBackend(TorchOptions options, TorchMemory memory, torch.Device device, Func<long>? free = null)
    {
        _memory = memory;
        _gauge = options.Gpu is { } number ? new DeviceGauge(number) : null;
        _free = free ?? (_gauge is { } gauge ? () => gauge.Free : ProcessMemory.Free);
        (_type, _device, _scratch) = (options.Type, device, new ScratchBlocks(memory));
        _cpu = CpuBackend.Create(new CpuOptions(Threads: options.Threads));
        (_masks, _resize, _drawing) = (new CausalMasks(_type.ToTorch(), device), new Resize(device), new Drawing(_cpu));
        Arithmetic = $"{(options.Gpu is null ? "CPU" : "CUDA")}, libtorch {torch.__version__}, {_type}";
        Description = options.Gpu is { } gpu
            ? FormattableString.Invariant($"cuda:{gpu}, libtorch {torch.__version__}, {_type}")
            : FormattableString.Invariant($"{Arithmetic}, {torch.get_num_threads()} threads");
    }

    public string Description { get; }

    public string Arithmetic { get; }

    /// <summary>libtorch chooses its algorithms by the size of the whole batch.</summary>
    public bool BitsDependOnBatch => true;

    public DeviceMemory? Memory => _gauge?.Read();

    public ElementType TableType => _type;

    public ElementType ActivationType => _type;

    /// <summary>
    /// A GPU computes as fast in float16, whose additional digits show in images. A CPU may lack its instructions.
    /// </summary>
    public ElementType MapType
        => _type == ElementType.BFloat16 && _memory is TorchDeviceMemory ? ElementType.Float16 : _type;

    /// <summary>Bytes of the blocks of all arenas.</summary>
    internal long TakenBytes => _memory.Tally.Taken;

    /// <exception cref="PlatformNotSupportedException">
    /// libtorch is missing or does not load, or there is no such GPU.
    /// </exception>
    public static IBackend Create(TorchOptions options)
    {
        LibTorch.Load(options.LibTorch, options.Gpu is not null);
        torch.set_num_threads(options.Threads == 0 ? Environment.ProcessorCount : options.Threads);
        if (options.Gpu is not { } gpu)
        {
            return new TorchBackend(options, new TorchProcessMemory(), torch.CPU);
        }

        // float32 is float32: the quantizer's convolutions and the head decide tokens.
        torch.backends.cudnn.allow_tf32 = false;
        torch.backends.cuda.matmul.allow_tf32 = false;
        try
        {
            return OnDevice(options, () => torch.device(DeviceType.CUDA, gpu));
        }
        catch (ExternalException error)
        {
            throw new PlatformNotSupportedException($"device cuda:{gpu}: {error.Message}", error);
        }
    }

    /// <summary>Takes all memory from libtorch's allocator, as on a GPU; a test does so on the CPU.</summary>
    /// <param name="device">Called when libtorch is loaded.</param>
    /// <param name="free">Gives the bytes that the device has left; null to ask it.</param>
    internal static TorchBackend OnDevice(TorchOptions options, Func<torch.Device> device, Func<long>? free = null)
    {
        LibTorch.Load(options.LibTorch, options.Gpu is not null);
        return new TorchBackend(options, new TorchDeviceMemory(device()), device(), free);
    }

    public IMemoryPlan? Plan()
    {
        // Scratch of the process may exist without having been written, and then its memory is still free.
        var planned = new PlannedMemory(_memory.Alignment);
        var scratch = _memory is TorchDeviceMemory ? _scratch.CopyTo(planned) : new ScratchBlocks(planned);
        return new TorchPlan(_type, MapType, scratch, _free(), _gauge is null ? CpuLibraries : CudaLibraries);
    }

    public DeviceFault FaultOf(Exception failure) => TorchFaults.Of(failure);

    public Arena CreateArena() => new OwnedArena(_scratch.Memory);

    public Arena CreateScratch() => new ScratchArena(_scratch);

    public KeyValueCache CreateCache(
        Arena arena, int layers, int sequences, int positions, int kept, int heads, int headWidth, ElementType type)
        => new TorchCache(arena, layers, sequences, positions, heads, headWidth, type);

    public DrawTable CreateDraws(Arena arena, int images)
    {
        var guides = _scratch.Memory is TorchDeviceMemory;
        return new TorchDraws(_drawing.CreateDraws(images), guides ? arena.Allocate(2 * images, 1) : null);
    }

    public LinearWeights PackLinear(
        Arena arena, WeightSource weight, ReadOnlySpan<float> bias, ElementType? read = null)
    {
        var packed = arena.Allocate(bias.Length, checked((int)(weight.Count / bias.Length)), read ?? _type);
        WeightLoading.Load(packed, weight);
        return new TorchLinear(packed, Stored(arena, bias, read ?? _type));
    }

    public ConvolutionWeights PackConvolution(
        Arena arena, WeightSource weight, ReadOnlySpan<float> bias,
        ConvolutionWalk walk = ConvolutionWalk.Same, float blend = 1, ElementType? read = null)
    {
        var (outputs, inputs, kernel) = (weight.Shape[0], weight.Shape[1], weight.Shape[2]);
        var packed = arena.Allocate(outputs, kernel * kernel * inputs, read ?? MapType);
        WeightLoading.LoadKernels(packed, weight, blend);
        var blended = Stored(arena, IdentityBlend.OfBias(bias, blend), read ?? MapType);
        return new TorchConvolution(packed, blended, inputs, kernel, walk);
    }

    public AttentionScale PackScale(Arena arena, ReadOnlySpan<float> scales, int headWidth, bool normalize)
    {
        var factors = new float[2 * scales.Length];
        Array.Fill(factors, 1);
        for (var head = 0; head < scales.Length; head++)
        {
            factors[head] = scales[head] * MathF.Sqrt(headWidth);
        }

        var packed = arena.Allocate(factors.Length, 1);
        WeightLoading.Load(packed, factors);
        return new TorchScale(packed, headWidth, normalize);
    }

    public void Upload(Tensor y, ReadOnlySpan<float> values) => Transfer.Upload(y, values);

    public void Upload(Tensor y, ReadOnlySpan<int> values) => Transfer.Upload(y, values);

    public void Upload(DrawTable table, ReadOnlySpan<TokenDraw> draws)
    {
        var torchDraws = (TorchDraws)table;
        _drawing.Upload(torchDraws, draws);
        if (torchDraws.Guidance is { } guidance)
        {
            var values = new float[guidance.Rows];
            for (var image = 0; image < draws.Length; image++)
            {
                values[image] = (float)(1 + draws[image].Guidance);
                values[table.Images + image] = (float)-draws[image].Guidance;
            }

            Upload(guidance, values);
        }
    }

    public void Download(Span<float> values, Tensor x) => Transfer.Download(values, x);

    public void Download(Span<int> values, Tensor x) => Transfer.Download(values, x);

    public void Download(Span<byte> values, Tensor x) => Transfer.Download(values, x);

    public void Synchronize()
    {
        if (_device.type == DeviceType.CUDA)
        {
            torch.cuda.synchronize(_device);
        }
    }

    public void Linear(Tensor y, Tensor x, LinearWeights weights, int rowsPerSequence)
        => Operators.Linear.Run(y, x, (TorchLinear)weights);

    public void LinearGelu(Tensor y, Tensor x, LinearWeights weights, int rowsPerSequence)
        => Operators.Linear.RunGelu(y, x, (TorchLinear)weights);

    public void LinearGatedResidual(Tensor y, Tensor x, LinearWeights weights, Tensor gate, int rowsPerSequence)
        => Operators.Linear.RunGatedResidual(y, x, (TorchLinear)weights, gate, rowsPerSequence);

    public void LayerNorm(Tensor y, Tensor x, Tensor gain, Tensor shift, int rowsPerSequence)
        => Operators.LayerNorm.Run(y, x, gain, shift, rowsPerSequence);

    public void Silu(Tensor y, Tensor x) => Rows.Silu(y, x);

    public void AddRows(Tensor y, Tensor x, Tensor addend) => Rows.Add(y, x, addend);

    public void Gather(Tensor y, Tensor table, Tensor indices) => Rows.Gather(y, table, indices);

    public void StoreKeysValues(
        Tensor queriesKeysValues, KeyValueCache cache, int layer, AttentionScale scale, int first, int rowsPerSequence)
        => Operators.Attention.StoreKeysValues(
            queriesKeysValues, (TorchCache)cache, layer, (TorchScale)scale, first, rowsPerSequence);

    public void Attention(
        Tensor y, Tensor queriesKeysValues, KeyValueCache cache, int layer,
        AttentionScale scale, int first, ReadOnlySpan<int> ends)
        => Operators.Attention.Run(
            y, queriesKeysValues, (TorchCache)cache, layer, (TorchScale)scale, first, ends[^1],
            _masks.Of(first, ends));

    public void DrawTokens(Tensor tokens, Tensor logits, DrawTable draws, int firstPosition)
        => _drawing.DrawTokens(tokens, logits, (TorchDraws)draws, firstPosition);

    public void MixCodes(
        Tensor y, Tensor logits, Tensor codebook, DrawTable draws, int tokens, CodeMixture mixture, int firstPosition)
        => _drawing.MixCodes(y, logits, codebook, (TorchDraws)draws, tokens, mixture, firstPosition);

    public void ResizeBicubic(Tensor y, Tensor x, int side, int finalSide) => _resize.Bicubic(y, x, side, finalSide);

    public void ResizeArea(Tensor y, Tensor x, int finalSide, int side) => _resize.Area(y, x, finalSide, side);

    public void NearestCode(Tensor tokens, Tensor x, Tensor codebook) => _drawing.NearestCode(tokens, x, codebook);

    public void AddConstant(Tensor y, float value) => Rows.AddConstant(y, value);

    public void AddScaled(Tensor y, Tensor x, float scale) => Rows.AddScaled(y, x, scale);

    public void BlendKept(Tensor y, Tensor x, Tensor keep) => Rows.BlendKept(y, x, keep);

    public void Copy(Tensor y, Tensor x) => y.Matrix().copy_(x.Matrix());

    public void Clear(Tensor y) => y.Matrix().fill_(Scalars.Zero);

    public void Convolution(Tensor y, Tensor x, ConvolutionWeights weights, int height, int width)
        => Operators.Convolution.Run(y, x, (TorchConvolution)weights, height, width);

    public void ToBytes(Tensor y, Tensor x) => Rows.ToBytes(y, x);

    public void ConvolutionAdd(Tensor y, Tensor x, ConvolutionWeights weights, int height, int width)
        => Operators.Convolution.RunAdd(y, x, (TorchConvolution)weights, height, width);

    public void GroupNorm(Tensor y, Tensor x, Tensor gain, Tensor bias, int images, bool silu)
        => Operators.GroupNorm.Run(y, x, gain, bias, images, silu);

    public void Dispose()
    {
        _drawing.Dispose();
        _resize.Dispose();
        _masks.Dispose();
        _cpu.Dispose();
        _gauge?.Dispose();
    }

    private static Tensor Stored(Arena arena, ReadOnlySpan<float> values, ElementType type)
    {
        var stored = arena.Allocate(1, values.Length, type);
        WeightLoading.Load(stored, values);
        return stored;
    }
}
