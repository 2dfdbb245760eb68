using System.Runtime.InteropServices;

namespace CoDe.Engine.Compute.Cpu.Kernels.Assembled;

/// <summary>Arguments of an assembled tile, which reads them at the offsets of its fields.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct TileCall
{
    /// <summary>The first row of the left matrix.</summary>
    public ushort* Left;

    /// <summary>Bytes from a row to the next.</summary>
    public nint LeftStride;

    /// <summary>Pairs of inputs of 32 outputs, one pair behind the other.</summary>
    public byte* Panel;

    /// <summary>Pairs of inputs to multiply, at least 1.</summary>
    public nint Pairs;

    /// <summary>Sums of the first row, 32 float32.</summary>
    public float* Tile;

    /// <summary>Bytes from a row of sums to the next.</summary>
    public nint TileStride;

    /// <summary>1 to go on with the sums of the tile, 0 to begin with zeroes.</summary>
    public nint Resume;
}
