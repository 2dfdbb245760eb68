using Xunit;

namespace CoDe.CudaStandIn;

/// <summary>A test on cards that are this processor, skipped where it cannot be one.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class CardFactAttribute : FactAttribute
{
    public CardFactAttribute() => Skip = CudaOnCpu.Missing;
}

/// <inheritdoc cref="CardFactAttribute"/>
[AttributeUsage(AttributeTargets.Method)]
public sealed class CardTheoryAttribute : TheoryAttribute
{
    public CardTheoryAttribute() => Skip = CudaOnCpu.Missing;
}
