namespace CoDe.Engine.Compute;

/// <summary>The type of one number as a checkpoint stores it.</summary>
public enum ElementType
{
    Float32,
    Float16,
    BFloat16,
    Float64,
    Int64,
    Int32,
    Int16,
    Int8,
    UInt8,
    Bool,

    /// <summary>Another type, whose numbers cannot be read.</summary>
    Foreign,
}

public static class ElementTypes
{
    /// <summary>Bytes one element takes, of a type that can be read.</summary>
    public static int Size(this ElementType type) => type switch
    {
        ElementType.Float64 or ElementType.Int64 => 8,
        ElementType.Float32 or ElementType.Int32 => 4,
        ElementType.Float16 or ElementType.BFloat16 or ElementType.Int16 => 2,
        _ => 1,
    };
}
