using System.Runtime.Intrinsics.X86;
using CoDe.Engine.Compute.Cpu.Native;

namespace CoDe.Engine.Compute.Cpu.Kernels.Assembled;

/// <summary>Register tiles of every number of rows, assembled once for the process.</summary>
internal sealed unsafe class BFloat16Tile
{
    /// <summary>Outputs of a panel.</summary>
    public const int Width = 32;

    /// <summary>"Auth" of "AuthenticAMD", as CPUID gives it.</summary>
    private const int FirstLettersOfAmd = 0x68747541;

    private static readonly Lazy<BFloat16Tile?> OfProcess = new(TryCreate);

    private readonly nint[] _resident;
    private readonly nint[] _streamed;

    private BFloat16Tile(nint[] resident, nint[] streamed) => (_resident, _streamed) = (resident, streamed);

    /// <summary>Gets whether the processor has AVX512-BF16, and the system the calling convention.</summary>
    public static bool IsSupported { get; } =
        Avx512F.IsSupported && !OperatingSystem.IsWindows() && (X86Base.CpuId(7, 1).Eax & (1 << 5)) != 0;

    /// <summary>
    /// Gets whether bfloat16 is multiplied at a higher rate than float32. AMD's cores have twice the rate, Intel's half
    /// of it: their fast bfloat16 is AMX.
    /// </summary>
    public static bool IsFast { get; } = IsSupported && X86Base.CpuId(0, 0).Ebx == FirstLettersOfAmd;

    /// <summary>The tiles; null without AVX512-BF16, or where the system refuses executable memory.</summary>
    public static BFloat16Tile? Instance => OfProcess.Value;

    /// <summary>Chooses how many of the remaining rows to take next, so that tiles are alike.</summary>
    public static int Share(int rows)
    {
        var tiles = (rows + TileAssembler.MostRows - 1) / TileAssembler.MostRows;
        return (rows + tiles - 1) / tiles;
    }

    /// <summary>Computes tile (rows, 32) = left (rows, 2 x pairs) x panel.</summary>
    /// <param name="streamed">Whether the panel comes from memory.</param>
    public void Multiply(TileCall call, int rows, bool streamed)
    {
        var code = (streamed ? _streamed : _resident)[rows];
        ((delegate* unmanaged<TileCall*, void>)code)(&call);
    }

    private static BFloat16Tile? TryCreate()
    {
        if (!IsSupported)
        {
            return null;
        }

        var functions = new List<(byte[] Code, int Rows, bool Streamed)>();
        for (var rows = 1; rows <= TileAssembler.MostRows; rows++)
        {
            functions.Add((TileAssembler.Assemble(rows, streamed: false), rows, false));
            functions.Add((TileAssembler.Assemble(rows, streamed: true), rows, true));
        }

        var all = functions.SelectMany(function => Padded(function.Code)).ToArray();
        if (ExecutableMemory.TryCreate(all) is not { } address)
        {
            return null;
        }

        var (resident, streamed) = (new nint[TileAssembler.MostRows + 1], new nint[TileAssembler.MostRows + 1]);
        var named = new List<(nint, int, string)>();
        foreach (var (code, rows, isStreamed) in functions)
        {
            (isStreamed ? streamed : resident)[rows] = address;
            named.Add((address, code.Length, $"CoDe bfloat16 tile of {rows} rows{(isStreamed ? ", streamed" : "")}"));
            address += Padded(code).Length;
        }

        ExecutableMemory.NameForProfilers(named);
        return new BFloat16Tile(resident, streamed);
    }

    /// <summary>Code up to a whole cache line.</summary>
    private static byte[] Padded(byte[] code)
    {
        var padded = new byte[(code.Length + 63) / 64 * 64];
        code.CopyTo(padded, 0);
        return padded;
    }
}
