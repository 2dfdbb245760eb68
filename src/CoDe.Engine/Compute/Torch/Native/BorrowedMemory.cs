using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;

namespace CoDe.Engine.Compute.Torch.Native;

/// <summary>Torch tensors over memory that something else owns, which TorchSharp has no call for.</summary>
internal static unsafe partial class BorrowedMemory
{
    /// <summary>A contiguous tensor on the CPU that neither copies nor frees its memory.</summary>
    public static torch.Tensor AsTensor(nint address, long elements, torch.ScalarType type)
    {
        var handle = New(
            address, &Keep, &elements, dimensionCount: 1, (sbyte)type, (sbyte)type, (int)DeviceType.CPU, -1, false);
        if (handle == nint.Zero)
        {
            torch.CheckForErrors();
        }

        return torch.Tensor.UnsafeCreateTensor(handle);
    }

    [LibraryImport(LibTorch.Library, EntryPoint = "THSTensor_new")]
    private static partial nint New(
        nint address, delegate* unmanaged[Cdecl]<nint, void> free, long* dimensions, int dimensionCount,
        sbyte type, sbyte resultType, int device, int deviceIndex, [MarshalAs(UnmanagedType.U1)] bool requiresGradient);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Keep(nint address)
    {
    }
}
