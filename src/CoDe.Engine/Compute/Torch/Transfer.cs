using CoDe.Engine.Compute.Cpu;
using TorchSharp;

namespace CoDe.Engine.Compute.Torch;

/// <summary>Copies contiguous values of the process to a device and back, converting types.</summary>
internal static class Transfer
{
    public static void Upload<T>(Tensor y, ReadOnlySpan<T> values)
        where T : unmanaged
    {
        if (Host<T>(y) is { } host)
        {
            CpuTransfer.Upload(host, values);
            return;
        }

        TorchThread.Enter();
        using var copy = torch.frombuffer(values.ToArray(), TypeOf<T>().ToTorch());
        using var matrix = copy.view(y.Rows, y.Columns);
        y.Matrix().copy_(matrix);
    }

    public static void Download<T>(Span<T> values, Tensor x)
        where T : unmanaged
    {
        if (Host<T>(x) is { } host)
        {
            CpuTransfer.Download(values, host);
            return;
        }

        TorchThread.Enter();
        using var copy = x.Matrix().to(TypeOf<T>().ToTorch(), torch.CPU);
        using var contiguous = copy.contiguous();
        contiguous.data<T>().CopyTo(values);
    }

    /// <summary>The memory, where it is the process's and needs no conversion.</summary>
    private static CpuTensor? Host<T>(Tensor tensor)
        where T : unmanaged
        => tensor.Type == TypeOf<T>() && ((TorchBlock)tensor.Block).Native is { } native
            ? tensor with { Block = native }
            : null;

    private static ElementType TypeOf<T>()
        => typeof(T) == typeof(float) ? ElementType.Float32
            : typeof(T) == typeof(int) ? ElementType.Int32 : ElementType.UInt8;
}
