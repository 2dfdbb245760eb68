namespace CoDe.Engine.Compute.Torch;

/// <summary>Sizes and strides of a view of a block, up to five dimensions.</summary>
/// <param name="Offset">Elements of the block before the view's first.</param>
/// <param name="Dimensions">Number of dimensions.</param>
internal readonly record struct ViewShape(long Offset, int Dimensions)
{
    private (long A, long B, long C, long D, long E) OfSizes { get; init; }

    private (long A, long B, long C, long D, long E) OfStrides { get; init; }

    /// <summary>Outermost first.</summary>
    public long[] Sizes => Cut(OfSizes);

    /// <summary>Outermost first, in elements.</summary>
    public long[] Strides => Cut(OfStrides);

    /// <summary>The shape of one element; dimensions are added from the innermost outwards.</summary>
    public static ViewShape At(long offset) => new(offset, 0);

    public ViewShape With(long size, long stride) => new(Offset, Dimensions + 1)
    {
        OfSizes = (size, OfSizes.A, OfSizes.B, OfSizes.C, OfSizes.D),
        OfStrides = (stride, OfStrides.A, OfStrides.B, OfStrides.C, OfStrides.D),
    };

    private long[] Cut((long A, long B, long C, long D, long E) all)
        => ((long[])[all.A, all.B, all.C, all.D, all.E])[..Dimensions];
}
