using System.Numerics;
using System.Runtime.CompilerServices;

namespace CoDe.Engine.Compute.Cpu.Simd;

/// <summary>
/// Widest register of the runtime's <c>Vector&lt;T&gt;</c>, for any instruction set. Products are rounded before they
/// are added.
/// </summary>
internal readonly unsafe struct Portable : ISimd<Portable>
{
    private readonly Vector<float> _lanes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Portable(Vector<float> lanes) => _lanes = lanes;

    public static int Count => Vector<float>.Count;

    public static int TileRows => 6;

    public static Portable Zero => default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Portable Load(float* source) => new(Vector.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* destination, Portable value) => Vector.Store(value._lanes, destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Portable Broadcast(float value) => new(new Vector<float>(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Portable MultiplyAdd(Portable a, Portable b, Portable c) => new((a._lanes * b._lanes) + c._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Portable Max(Portable a, Portable b) => new(Vector.Max(a._lanes, b._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Portable Exp(Portable a) => new(Vector.Exp(a._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Portable a) => Vector.Sum(a._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Highest(Portable a)
    {
        var highest = a._lanes[0];
        for (var lane = 1; lane < Count; lane++)
        {
            highest = Math.Max(highest, a._lanes[lane]);
        }

        return highest;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadBFloat16(byte* source, out Portable first, out Portable second)
    {
        var words = Vector.Load((uint*)source);
        first = new(Vector.AsVectorSingle(words << 16));
        second = new(Vector.AsVectorSingle(words & new Vector<uint>(0xffff0000u)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Portable operator +(Portable a, Portable b) => new(a._lanes + b._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Portable operator -(Portable a, Portable b) => new(a._lanes - b._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Portable operator *(Portable a, Portable b) => new(a._lanes * b._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Portable operator /(Portable a, Portable b) => new(a._lanes / b._lanes);
}
