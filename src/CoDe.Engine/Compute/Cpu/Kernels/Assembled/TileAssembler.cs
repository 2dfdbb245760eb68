using System.Runtime.InteropServices;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace CoDe.Engine.Compute.Cpu.Kernels.Assembled;

/// <summary>
/// Assembles the register tile of bfloat16: some rows of pairs times a panel of 32 outputs. The instruction multiplies
/// pairs and adds to float32 sums (VDPBF16PS of AVX512-BF16), for which .NET has no intrinsic.
/// </summary>
/// <remarks>
/// The code is a function of the System V convention with a <see cref="TileCall"/> in rdi; it uses no register that
/// the caller keeps. Of 32 registers, 24 accumulate and two hold the panel; rows are broadcast from memory. Sums are
/// one chain an output in the order of the inputs, so they do not depend on how rows are grouped.
/// </remarks>
internal static class TileAssembler
{
    /// <summary>Rows of the largest tile.</summary>
    public const int MostRows = 12;

    /// <summary>Bytes that a step reads of the panel: a pair for each of 32 outputs.</summary>
    public const int Step = 128;

    private const int RegisterBytes = 64;

    /// <summary>Bytes between what is multiplied and what is prefetched of a panel that comes from memory.</summary>
    private const int Ahead = 4096;

    private const int RowsOfBase = 3;

    private static readonly AssemblerRegisterZMM[] Sums =
    [
        zmm0, zmm1, zmm2, zmm3, zmm4, zmm5, zmm6, zmm7, zmm8, zmm9, zmm10, zmm11,
        zmm12, zmm13, zmm14, zmm15, zmm16, zmm17, zmm18, zmm19, zmm20, zmm21, zmm22, zmm23,
    ];

    /// <summary>Addresses of rows 0, 3, 6 and 9.</summary>
    private static readonly AssemblerRegister64[] Bases = [rsi, r9, r10, r11];

    /// <param name="streamed">Whether the panel is prefetched, for the first rows that use it.</param>
    public static byte[] Assemble(int rows, bool streamed)
    {
        var assembler = new Assembler(64);
        var bases = Bases[..((rows + RowsOfBase - 1) / RowsOfBase)];
        LoadArguments(assembler, bases);
        StartSums(assembler, rows);
        var next = assembler.CreateLabel();
        assembler.Label(ref next);
        if (streamed)
        {
            assembler.prefetcht0(__[rdx + Ahead]);
            assembler.prefetcht0(__[rdx + Ahead + RegisterBytes]);
        }

        assembler.vmovups(zmm24, __zmmword_ptr[rdx]);
        assembler.vmovups(zmm25, __zmmword_ptr[rdx + RegisterBytes]);
        for (var row = 0; row < rows; row++)
        {
            var pair = Pair(bases[row / RowsOfBase], row % RowsOfBase);
            assembler.vdpbf16ps(Sums[2 * row], zmm24, pair);
            assembler.vdpbf16ps(Sums[(2 * row) + 1], zmm25, pair);
        }

        assembler.add(rdx, Step);
        foreach (var each in bases)
        {
            assembler.add(each, sizeof(uint));
        }

        assembler.dec(r8);
        assembler.jnz(next);
        StoreSums(assembler, rows);
        using var code = new MemoryStream();
        assembler.Assemble(new StreamCodeWriter(code), rip: 0);
        return code.ToArray();
    }

    /// <summary>rcx: stride of rows, rdx: panel, r8: pairs, then the bases.</summary>
    private static void LoadArguments(Assembler assembler, AssemblerRegister64[] bases)
    {
        assembler.mov(rsi, Argument(nameof(TileCall.Left)));
        assembler.mov(rcx, Argument(nameof(TileCall.LeftStride)));
        assembler.mov(rdx, Argument(nameof(TileCall.Panel)));
        assembler.mov(r8, Argument(nameof(TileCall.Pairs)));
        assembler.lea(rax, __[rcx + (rcx * 2)]);
        for (var i = 1; i < bases.Length; i++)
        {
            assembler.lea(bases[i], __[bases[i - 1] + rax]);
        }
    }

    private static void StartSums(Assembler assembler, int rows)
    {
        var (fresh, started) = (assembler.CreateLabel(), assembler.CreateLabel());
        assembler.cmp(__qword_ptr[rdi + Offset(nameof(TileCall.Resume))], 0);
        assembler.je(fresh);
        EachRowOfSums(assembler, rows, (sum, address) => assembler.vmovups(sum, address));
        assembler.jmp(started);
        assembler.Label(ref fresh);
        foreach (var sum in Sums[..(2 * rows)])
        {
            assembler.vpxord(sum, sum, sum);
        }

        assembler.Label(ref started);
        assembler.nop();
    }

    private static void StoreSums(Assembler assembler, int rows)
    {
        EachRowOfSums(assembler, rows, (sum, address) => assembler.vmovups(address, sum));
        assembler.vzeroupper();
        assembler.ret();
    }

    private static void EachRowOfSums(
        Assembler assembler, int rows, Action<AssemblerRegisterZMM, AssemblerMemoryOperand> move)
    {
        assembler.mov(rax, Argument(nameof(TileCall.Tile)));
        for (var row = 0; row < rows; row++)
        {
            move(Sums[2 * row], __zmmword_ptr[rax]);
            move(Sums[(2 * row) + 1], __zmmword_ptr[rax + RegisterBytes]);
            assembler.add(rax, Argument(nameof(TileCall.TileStride)));
        }
    }

    /// <summary>The pair of a row, broadcast.</summary>
    private static AssemblerMemoryOperand Pair(AssemblerRegister64 first, int rows) => rows switch
    {
        0 => __dword_bcst[first],
        1 => __dword_bcst[first + rcx],
        _ => __dword_bcst[first + (rcx * 2)],
    };

    private static AssemblerMemoryOperand Argument(string field) => __qword_ptr[rdi + Offset(field)];

    private static int Offset(string field) => (int)Marshal.OffsetOf<TileCall>(field);
}
