using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CoDe.Engine.Compute.Cpu;

/// <summary>Functions of the runtime's own, whose bits do not depend on the system's C library.</summary>
internal static class ManagedMath
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Exp(float value) => Vector128.Exp(Vector128.CreateScalar(value)).ToScalar();
}
