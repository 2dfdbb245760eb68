using TorchSharp;
using TorchTensor = TorchSharp.torch.Tensor;

namespace CoDe.Engine.Compute.Torch.Operators;

/// <summary>Operators that treat every row, or every value, alike.</summary>
internal static class Rows
{
    public static void Silu(Tensor y, Tensor x)
    {
        using var activated = x.Matrix().silu();
        y.Matrix().copy_(activated);
    }

    /// <summary>y[row] = x[row mod x.Rows] + addend[row mod addend.Rows].</summary>
    public static void Add(Tensor y, Tensor x, Tensor addend)
    {
        var (fewer, more) = x.Rows < addend.Rows ? (x, addend) : (addend, x);
        using var sum = more.Sequences(fewer.Rows).add(fewer.Matrix(), Scalars.One);
        using var rows = sum.view(1, more.Rows, more.Columns);
        y.Sequences(more.Rows).copy_(rows);
    }

    public static void Gather(Tensor y, Tensor table, Tensor indices)
    {
        using var flat = indices.Matrix().reshape(-1);
        using var rows = table.Matrix().index_select(0, flat);
        y.Matrix().copy_(rows);
    }

    public static void AddConstant(Tensor y, float value)
    {
        using Scalar added = value;
        y.Matrix().add_(added, Scalars.One);
    }

    public static void AddScaled(Tensor y, Tensor x, float scale)
    {
        using Scalar factor = scale;
        y.Matrix().add_(x.Matrix(), factor);
    }

    /// <summary>y = y * (1 - keep) + x * keep.</summary>
    public static void BlendKept(Tensor y, Tensor x, Tensor keep)
    {
        using var rest = keep.Matrix().neg();
        rest.add_(Scalars.One, Scalars.One);
        y.Matrix().mul_(rest);
        y.Matrix().addcmul_(x.Matrix(), keep.Matrix(), Scalars.One);
    }

    /// <summary>y = (x + 1) / 2 * 255, x cut off at -1 and 1, the result at whole numbers.</summary>
    public static void ToBytes(Tensor y, Tensor x)
    {
        using var clamped = x.Matrix().clamp(Scalars.MinusOne, Scalars.One);
        using TorchTensor values = clamped.to(torch.ScalarType.Float32);
        using var scaled = values.add(Scalars.One, Scalars.One);
        scaled.mul_(Scalars.Half);
        scaled.mul_(Scalars.Byte);
        y.Matrix().copy_(scaled);
    }
}
