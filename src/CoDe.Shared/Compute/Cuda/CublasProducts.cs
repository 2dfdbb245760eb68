using CoDe.Compute.Cuda.Native;

namespace CoDe.Compute.Cuda;

/// <summary>
/// Large linear layers of 16 bits on cuBLASLt. Its algorithms sum in different orders, so one is chosen for a layer and a scale and serves every
/// batch; which are taken at all is decided likewise.
/// </summary>
internal sealed class CublasProducts : IDisposable
{
    /// <summary>Fewer rows a sequence are left to our own kernels. Not measured yet, for want of a card: to be set from the operator benchmarks.</summary>
    private const int LeastRowsPerSequence = 64;

    /// <summary>Inputs and outputs are multiples of this, so that rows fill whole reads of 16 bytes.</summary>
    private const int Step = 8;

    private readonly CudaDevice _device;
    private readonly KernelLibrary _kernels;
    private readonly CudaWorkspace _products;
    private readonly CudaWorkspace _workspace;
    private readonly nint _handle;
    private readonly Dictionary<ProductShape, CublasProduct?> _shapes = [];

    /// <param name="products">For products on their way to a gate.</param>
    public CublasProducts(CudaDevice device, KernelLibrary kernels, CudaMemory memory, CudaWorkspace products)
    {
        (_device, _kernels, _products, _workspace) = (device, kernels, products, new CudaWorkspace(memory));
        device.Enter();
        CublasLt.Check(CublasLt.Create(out _handle), "cublasLtCreate");
    }

    /// <summary>Does what <see cref="CudaProducts.Linear"/> does; false where that is left to it.</summary>
    public bool Linear(Tensor y, Tensor x, CudaLinear layer, Epilogue epilogue, Tensor gate, int rowsPerSequence)
    {
        var gated = epilogue == Epilogue.GatedResidual;
        var product = gated ? new Tensor(0, y.Rows, y.Columns, y.Columns, ElementType.Float32) : y;
        if (!Takes(product, x, layer, rowsPerSequence) || Find(product, x, layer, epilogue, rowsPerSequence) is not { } found)
        {
            return false;
        }

        product = gated ? product with { Address = _products.Take((long)y.Rows * y.Columns * sizeof(float)) } : y;
        found.Prepare(y.Rows, layer);
        found.Run(product, x, layer, found.TakesWorkspace ? _workspace.Take(CublasProduct.WorkspaceBytes) : 0, _device.Stream);
        if (gated)
        {
            _kernels.LaunchEach(_kernels.Find("gated_residual", product.Type), y, y, product, gate, rowsPerSequence);
        }

        return true;
    }

    public void Dispose()
    {
        _device.Enter();
        foreach (var product in _shapes.Values)
        {
            product?.Dispose();
        }

        _ = CublasLt.Destroy(_handle);
        _workspace.Dispose();
    }

    private static bool Takes(Tensor y, Tensor x, CudaLinear layer, int rowsPerSequence)
        => rowsPerSequence >= LeastRowsPerSequence && y.Rows > 0 && layer.Inputs % Step == 0 && layer.Outputs % Step == 0
            && layer.Weight.Type is ElementType.Float16 or ElementType.BFloat16 && x.Type == layer.Weight.Type
            && (y.Type == x.Type || y.Type == ElementType.Float32) && IsAligned(y) && IsAligned(x) && IsAligned(layer.Weight);

    private static bool IsAligned(Tensor tensor)
        => tensor.Address % CublasProduct.Alignment == 0 && (long)tensor.Stride * tensor.Type.Size() % CublasProduct.Alignment == 0;

    private CublasProduct? Find(Tensor y, Tensor x, CudaLinear layer, Epilogue epilogue, int rowsPerSequence)
    {
        var shape = new ProductShape(
            layer.Outputs, layer.Inputs, rowsPerSequence, layer.Weight.Stride, x.Stride, y.Stride, x.Type, y.Type, Gelu: epilogue == Epilogue.Gelu);
        if (!_shapes.TryGetValue(shape, out var product))
        {
            _device.Enter();
            product = CublasProduct.Choose(_handle, shape, layer.BiasFor(y.Type).Address);
            _shapes[shape] = product;
        }

        return product;
    }
}
