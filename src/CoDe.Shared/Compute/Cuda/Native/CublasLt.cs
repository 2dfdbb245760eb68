using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace CoDe.Compute.Cuda.Native;

/// <summary><c>cublasStatus_t</c>: those that are told apart; the others are named by the library.</summary>
internal enum CublasStatus
{
    Success = 0,
    InvalidValue = 7,
    NotSupported = 15,
}

/// <summary><c>cudaDataType</c>.</summary>
internal enum CublasType
{
    Float32 = 0,
    Float16 = 2,
    BFloat16 = 14,
}

/// <summary><c>cublasLtMatmulDescAttributes_t</c>, of a product.</summary>
internal enum ProductAttribute
{
    TransposeA = 3,
    TransposeB = 4,
    Epilogue = 7,
    BiasPointer = 8,
    BiasType = 26,
}

/// <summary><c>cublasLtEpilogue_t</c>: what happens to a product on its way to memory.</summary>
internal enum CublasEpilogue
{
    Bias = 4,
    GeluBias = 36,
}

/// <summary><c>cublasLtMatmulPreferenceAttributes_t</c>: what an algorithm may do.</summary>
internal enum PreferenceAttribute
{
    WorkspaceBytes = 1,
    ReductionSchemes = 3,
    AlignmentOfA = 5,
    AlignmentOfB = 6,
    AlignmentOfC = 7,
    AlignmentOfD = 8,
}

/// <summary>
/// The functions of libcublasLt that are called; all are looked at in <see cref="Check"/>. The library is used where it is installed, and
/// nothing but speed is lost where it is not.
/// </summary>
internal static unsafe partial class CublasLt
{
    /// <summary><c>CUBLAS_COMPUTE_32F</c>.</summary>
    public const int ComputeFloat32 = 68;

    /// <summary><c>CUBLAS_OP_N</c> and <c>CUBLAS_OP_T</c>.</summary>
    public const int AsIs = 0;

    /// <inheritdoc cref="AsIs"/>
    public const int Transposed = 1;

    /// <summary><c>CUBLASLT_REDUCTION_SCHEME_NONE</c>: a dot product is made in one sequence, not of parts.</summary>
    public const uint NoReduction = 0;

    static CublasLt() => CudaLibraries.Register();

    /// <summary>Whether there is one that the driver understands.</summary>
    public static bool IsInstalled => CudaLibraries.HasProducts;

    /// <summary>Major, minor and patch: its choice of algorithms changes with each.</summary>
    public static Version Version
    {
        get
        {
            Span<int> parts = stackalloc int[3];
            for (var part = 0; part < parts.Length; part++)
            {
                Check(GetProperty(part, out parts[part]), "cublasLtGetProperty");
            }

            return new Version(parts[0], parts[1], parts[2]);
        }
    }

    /// <exception cref="CudaException">The call failed.</exception>
    public static void Check(CublasStatus status, string what)
    {
        if (status != CublasStatus.Success)
        {
            throw Error(status, what);
        }
    }

    public static CudaException Error(CublasStatus status, string what)
        => new(FormattableString.Invariant($"{what}: {Marshal.PtrToStringUTF8(GetStatusString(status)) ?? "unknown error"} ({(int)status})."));

    /// <summary>Sets what a product is.</summary>
    public static void Set<T>(nint product, ProductAttribute attribute, T value)
        where T : unmanaged => Check(SetProductAttribute(product, attribute, &value, (nuint)sizeof(T)), "cublasLtMatmulDescSetAttribute");

    /// <summary>Sets what an algorithm may do.</summary>
    public static void Set<T>(nint preference, PreferenceAttribute attribute, T value)
        where T : unmanaged => Check(SetPreferenceAttribute(preference, attribute, &value, (nuint)sizeof(T)), "cublasLtMatmulPreferenceSetAttribute");

    [LibraryImport(CudaLibraries.Products, EntryPoint = "cublasLtCreate")]
    public static partial CublasStatus Create(out nint handle);

    [LibraryImport(CudaLibraries.Products, EntryPoint = "cublasLtDestroy")]
    public static partial CublasStatus Destroy(nint handle);

    [LibraryImport(CudaLibraries.Products, EntryPoint = "cublasLtMatmulDescCreate")]
    public static partial CublasStatus CreateProduct(out nint product, int computeType, CublasType scaleType);

    [LibraryImport(CudaLibraries.Products, EntryPoint = "cublasLtMatmulDescDestroy")]
    public static partial CublasStatus DestroyProduct(nint product);

    /// <param name="stride">Elements from a column to the next: matrices are column-major.</param>
    [LibraryImport(CudaLibraries.Products, EntryPoint = "cublasLtMatrixLayoutCreate")]
    public static partial CublasStatus CreateLayout(out nint layout, CublasType type, ulong rows, ulong columns, long stride);

    [LibraryImport(CudaLibraries.Products, EntryPoint = "cublasLtMatrixLayoutDestroy")]
    public static partial CublasStatus DestroyLayout(nint layout);

    [LibraryImport(CudaLibraries.Products, EntryPoint = "cublasLtMatmulPreferenceCreate")]
    public static partial CublasStatus CreatePreference(out nint preference);

    [LibraryImport(CudaLibraries.Products, EntryPoint = "cublasLtMatmulPreferenceDestroy")]
    public static partial CublasStatus DestroyPreference(nint preference);

    [LibraryImport(CudaLibraries.Products, EntryPoint = "cublasLtMatmulAlgoGetHeuristic")]
    public static partial CublasStatus Propose(
        nint handle, nint product, nint a, nint b, nint c, nint d, nint preference, int most, CublasProposal* proposals, out int count);

    [LibraryImport(CudaLibraries.Products, EntryPoint = "cublasLtMatmulAlgoCheck")]
    public static partial CublasStatus CheckAlgorithm(nint handle, nint product, nint a, nint b, nint c, nint d, in CublasAlgorithm algorithm, out CublasProposal result);

    [LibraryImport(CudaLibraries.Products, EntryPoint = "cublasLtMatmul")]
    public static partial CublasStatus Run(
        nint handle, nint product, float* alpha, nint a, nint layoutOfA, nint b, nint layoutOfB, float* beta, nint c, nint layoutOfC, nint d, nint layoutOfD,
        in CublasAlgorithm algorithm, nint workspace, nuint workspaceBytes, nint stream);

    [LibraryImport(CudaLibraries.Products, EntryPoint = "cublasLtMatmulDescSetAttribute")]
    private static partial CublasStatus SetProductAttribute(nint product, ProductAttribute attribute, void* value, nuint bytes);

    [LibraryImport(CudaLibraries.Products, EntryPoint = "cublasLtMatmulPreferenceSetAttribute")]
    private static partial CublasStatus SetPreferenceAttribute(nint preference, PreferenceAttribute attribute, void* value, nuint bytes);

    [LibraryImport(CudaLibraries.Products, EntryPoint = "cublasLtGetProperty")]
    private static partial CublasStatus GetProperty(int property, out int value);

    [LibraryImport(CudaLibraries.Products, EntryPoint = "cublasLtGetStatusString")]
    private static partial nint GetStatusString(CublasStatus status);
}

/// <summary><c>cublasLtMatmulAlgo_t</c>: an algorithm with all its settings.</summary>
[InlineArray(8)]
internal struct CublasAlgorithm
{
    private ulong _first;
}

/// <summary><c>cublasLtMatmulHeuristicResult_t</c>: an algorithm for a product, and what it takes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct CublasProposal
{
    public CublasAlgorithm Algorithm;
    public nuint WorkspaceBytes;
    public CublasStatus Status;
    public float Waves;
    public long Reserved;
    public long AlsoReserved;
}
