using CoDe.Engine.Compute.Cpu;
using CoDe.Engine.Compute.Torch.Native;

namespace CoDe.Engine.Compute.Torch;

/// <summary>
/// Tensors as kernels of the CPU take them: the same memory where libtorch computes in the process's, else copies.
/// </summary>
/// <param name="cpu">The back end whose kernels read and write them.</param>
internal sealed class HostTensors(IBackend cpu) : IDisposable
{
    private readonly Dictionary<HostSlot, (Arena Arena, Tensor Memory)> _copies = [];

    /// <summary>The tensor for reading.</summary>
    /// <param name="slot">Where a copy goes; until the next use of the slot.</param>
    public Tensor Read(Tensor tensor, HostSlot slot)
    {
        var host = Reserve(tensor, slot);
        if (!Aliases(tensor))
        {
            using var copy = AsTorch(host);
            using var matrix = copy.view(host.Rows, host.Columns);
            matrix.copy_(tensor.Matrix());
        }

        return host;
    }

    /// <summary>The tensor for writing: memory that <see cref="Write"/> takes to it.</summary>
    public Tensor Reserve(Tensor tensor, HostSlot slot)
    {
        if (((TorchBlock)tensor.Block).Native is { } native)
        {
            return tensor with { Block = native };
        }

        var elements = tensor.Rows * tensor.Columns;
        if (!_copies.TryGetValue(slot, out var copy) || copy.Memory.Columns < elements)
        {
            copy.Arena?.Dispose();
            var arena = cpu.CreateArena();
            _copies[slot] = copy = (arena, arena.Allocate(1, elements, tensor.Type));
        }

        return copy.Memory.Part(0, tensor.Rows, tensor.Columns);
    }

    public static void Write(Tensor tensor, Tensor host)
    {
        if (!Aliases(tensor))
        {
            using var copy = AsTorch(host);
            using var matrix = copy.view(host.Rows, host.Columns);
            tensor.Matrix().copy_(matrix);
        }
    }

    public void Dispose()
    {
        foreach (var (arena, _) in _copies.Values)
        {
            arena.Dispose();
        }

        _copies.Clear();
    }

    private static bool Aliases(Tensor tensor) => ((TorchBlock)tensor.Block).Native is not null;

    private static TorchSharp.torch.Tensor AsTorch(Tensor host)
        => BorrowedMemory.AsTensor(((CpuTensor)host).Address, (long)host.Rows * host.Columns, host.Type.ToTorch());
}

/// <summary>Tensors that an operator has on the host at a time.</summary>
internal enum HostSlot
{
    Tokens,
    Logits,
    Features,
    Codebook,
}
