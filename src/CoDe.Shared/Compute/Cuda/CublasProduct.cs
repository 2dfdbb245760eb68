using CoDe.Compute.Cuda.Native;

namespace CoDe.Compute.Cuda;

/// <summary>What decides which algorithm serves a linear layer. The batch is no part of it, nor are addresses.</summary>
internal readonly record struct ProductShape(
    int Outputs, int Inputs, int RowsPerSequence, int WeightStride, int InputStride, int OutputStride, ElementType Type, ElementType OutputType, bool Gelu);

/// <summary>
/// One kind of product as cuBLASLt takes it, with the algorithm that serves every number of sequences. Row-major y = x W^T + b is
/// column-major y (outputs, rows) = W^T x, with W (inputs, outputs) and x (inputs, rows) as they lie.
/// </summary>
internal sealed unsafe class CublasProduct : IDisposable
{
    /// <summary>What NVIDIA advises for its largest devices.</summary>
    public const int WorkspaceBytes = 32 << 20;

    /// <summary>Bytes that every row, and so every tensor, begins at a multiple of: see <see cref="Memory.IDeviceMemory.RowStride"/>.</summary>
    public const int Alignment = 16;

    /// <summary>The algorithm is asked for at so many sequences, whatever the batch: eight images with guidance.</summary>
    private const int UsualSequences = 16;

    private const int Candidates = 16;

    private readonly nint _handle;
    private readonly ProductShape _shape;
    private readonly nint _product;
    private readonly nint _weights;

    /// <summary>By rows: those of x and of y.</summary>
    private readonly Dictionary<int, (nint X, nint Y)> _layouts = [];

    private CublasAlgorithm _algorithm;

    private CublasProduct(nint handle, ProductShape shape)
    {
        (_handle, _shape) = (handle, shape);
        CublasLt.Check(CublasLt.CreateProduct(out _product, CublasLt.ComputeFloat32, CublasType.Float32), "cublasLtMatmulDescCreate");
        CublasLt.Set(_product, ProductAttribute.TransposeA, CublasLt.Transposed);
        CublasLt.Set(_product, ProductAttribute.TransposeB, CublasLt.AsIs);
        CublasLt.Set(_product, ProductAttribute.Epilogue, shape.Gelu ? CublasEpilogue.GeluBias : CublasEpilogue.Bias);
        CublasLt.Set(_product, ProductAttribute.BiasType, TypeOf(shape.OutputType));
        _weights = Layout(shape.Type, shape.Inputs, shape.Outputs, shape.WeightStride);
    }

    /// <summary>Whether the algorithm works in memory of its own, <see cref="WorkspaceBytes"/> at most.</summary>
    public bool TakesWorkspace { get; private set; }

    /// <summary>The product with the algorithm that cuBLASLt puts first, or null where it has none.</summary>
    /// <param name="bias">Of a layer of this shape.</param>
    public static CublasProduct? Choose(nint handle, ProductShape shape, nint bias)
    {
        var product = new CublasProduct(handle, shape);
        CublasLt.Set(product._product, ProductAttribute.BiasPointer, bias);
        if (product.ChooseAlgorithm())
        {
            return product;
        }

        product.Dispose();
        return null;
    }

    /// <summary>Makes what a number of rows needs, once.</summary>
    /// <exception cref="CudaException">The algorithm does not take so many rows. Another would, with other bits than the other batches have.</exception>
    public void Prepare(int rows, CudaLinear layer)
    {
        if (_layouts.ContainsKey(rows))
        {
            return;
        }

        var layouts = Layouts(rows);
        if (Check(layouts, _algorithm, out var workspace) is var status && (status != CublasStatus.Success || (workspace && !TakesWorkspace)))
        {
            Destroy(layouts);
            throw CublasLt.Error(status == CublasStatus.Success ? CublasStatus.NotSupported : status, FormattableString.Invariant(
                $"The algorithm that cuBLASLt chose for {layer.Name} ({_shape.Outputs}, {_shape.Inputs}) at {_shape.RowsPerSequence} rows a sequence does not take {rows} rows"));
        }

        _layouts[rows] = layouts;
    }

    /// <summary>y = x W^T + b, or its GELU. Nothing is made here.</summary>
    public void Run(Tensor y, Tensor x, CudaLinear layer, nint workspace, nint stream)
    {
        var (inputs, outputs) = _layouts[y.Rows];
        var (one, zero) = (1f, 0f);
        CublasLt.Set(_product, ProductAttribute.BiasPointer, layer.BiasFor(y.Type).Address);
        CublasLt.Check(
            CublasLt.Run(
                _handle, _product, &one, layer.Weight.Address, _weights, x.Address, inputs, &zero, y.Address, outputs, y.Address, outputs,
                _algorithm, workspace, workspace == 0 ? 0 : (nuint)WorkspaceBytes, stream),
            "cublasLtMatmul");
    }

    public void Dispose()
    {
        foreach (var layouts in _layouts.Values)
        {
            Destroy(layouts);
        }

        _ = CublasLt.DestroyLayout(_weights);
        _ = CublasLt.DestroyProduct(_product);
    }

    private static void Destroy((nint X, nint Y) layouts)
    {
        _ = CublasLt.DestroyLayout(layouts.X);
        _ = CublasLt.DestroyLayout(layouts.Y);
    }

    private static nint Layout(ElementType type, int rows, int columns, int stride)
    {
        CublasLt.Check(CublasLt.CreateLayout(out var layout, TypeOf(type), (ulong)rows, (ulong)columns, stride), "cublasLtMatrixLayoutCreate");
        return layout;
    }

    private static CublasType TypeOf(ElementType type) => type switch
    {
        ElementType.Float16 => CublasType.Float16,
        ElementType.BFloat16 => CublasType.BFloat16,
        _ => CublasType.Float32,
    };

    /// <summary>
    /// What may be proposed: a sum in one sequence, of matrices that begin where ours may. Every way of making a sum of parts keeps them, or
    /// their counters, in the workspace.
    /// </summary>
    private static nint Preference()
    {
        CublasLt.Check(CublasLt.CreatePreference(out var preference), "cublasLtMatmulPreferenceCreate");
        CublasLt.Set(preference, PreferenceAttribute.ReductionSchemes, CublasLt.NoReduction);
        CublasLt.Set(preference, PreferenceAttribute.WorkspaceBytes, (ulong)WorkspaceBytes);
        for (var matrix = PreferenceAttribute.AlignmentOfA; matrix <= PreferenceAttribute.AlignmentOfD; matrix++)
        {
            CublasLt.Set(preference, matrix, (uint)Alignment);
        }

        return preference;
    }

    private (nint X, nint Y) Layouts(int rows)
        => (Layout(_shape.Type, _shape.Inputs, rows, _shape.InputStride), Layout(_shape.OutputType, _shape.Outputs, rows, _shape.OutputStride));

    /// <summary>
    /// The first of those proposed that takes one sequence too; with a workspace only where none does without, since what has none cannot
    /// divide a sum, by whatever name (stream-K has none in cuBLASLt).
    /// </summary>
    private bool ChooseAlgorithm()
    {
        var (usual, one) = (Layouts(UsualSequences * _shape.RowsPerSequence), Layouts(_shape.RowsPerSequence));
        try
        {
            var proposals = stackalloc CublasProposal[Candidates];
            var count = Propose(usual, proposals);
            for (var pass = 0; pass < 2 * count; pass++)
            {
                ref var proposal = ref proposals[pass % count];
                TakesWorkspace = pass >= count;
                if (proposal.Status == CublasStatus.Success && proposal.WorkspaceBytes == 0 != TakesWorkspace
                    && Check(one, proposal.Algorithm, out var workspace) == CublasStatus.Success && (TakesWorkspace || !workspace))
                {
                    _algorithm = proposal.Algorithm;
                    return true;
                }
            }

            return false;
        }
        finally
        {
            Destroy(usual);
            Destroy(one);
        }
    }

    private int Propose((nint X, nint Y) layouts, CublasProposal* proposals)
    {
        var preference = Preference();
        var status = CublasLt.Propose(_handle, _product, _weights, layouts.X, layouts.Y, layouts.Y, preference, Candidates, proposals, out var count);
        _ = CublasLt.DestroyPreference(preference);
        if (status == CublasStatus.NotSupported)
        {
            return 0;
        }

        CublasLt.Check(status, "cublasLtMatmulAlgoGetHeuristic");
        return count;
    }

    private CublasStatus Check((nint X, nint Y) layouts, in CublasAlgorithm algorithm, out bool workspace)
    {
        var status = CublasLt.CheckAlgorithm(_handle, _product, _weights, layouts.X, layouts.Y, layouts.Y, algorithm, out var result);
        workspace = result.WorkspaceBytes > 0;
        return status == CublasStatus.Success && result.WorkspaceBytes > WorkspaceBytes ? CublasStatus.NotSupported : status;
    }
}
