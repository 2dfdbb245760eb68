using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using CoDe.Engine.Compute;

namespace CoDe.Engine.Weights;

/// <summary>Converts between stored numbers, little-endian, and float32.</summary>
internal static class ElementConversion
{
    public static void ToSingle(ReadOnlySpan<byte> bytes, Span<float> destination, ElementType type)
    {
        switch (type)
        {
            case ElementType.Float32: MemoryMarshal.Cast<byte, float>(bytes).CopyTo(destination); break;
            case ElementType.Float16:
                TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(bytes), destination);
                break;
            case ElementType.BFloat16:
                Expand(MemoryMarshal.Cast<byte, ushort>(bytes), MemoryMarshal.Cast<float, uint>(destination));
                break;
            case ElementType.Float64: Convert<double>(bytes, destination, value => (float)value); break;
            case ElementType.Int64: Convert<long>(bytes, destination, value => value); break;
            case ElementType.Int32: Convert<int>(bytes, destination, value => value); break;
            case ElementType.Int16: Convert<short>(bytes, destination, value => value); break;
            case ElementType.Int8: Convert<sbyte>(bytes, destination, value => value); break;
            default: Convert<byte>(bytes, destination, value => value); break;
        }
    }

    /// <summary>Converts to float32, float16 or bfloat16, ties to even, or to int32.</summary>
    public static void FromSingle(ReadOnlySpan<float> values, Span<byte> destination, ElementType type)
    {
        for (var i = 0; i < values.Length; i++)
        {
            var element = destination[(i * type.Size())..];
            switch (type)
            {
                case ElementType.Float32: BitConverter.TryWriteBytes(element, values[i]); break;
                case ElementType.Float16: BitConverter.TryWriteBytes(element, (Half)values[i]); break;
                case ElementType.BFloat16: BitConverter.TryWriteBytes(element, ToBFloat16(values[i])); break;
                case ElementType.Int32: BitConverter.TryWriteBytes(element, (int)values[i]); break;
                default:
                    throw new NotSupportedException($"Checkpoints are not written in {type}.");
            }
        }
    }

    /// <summary>Puts bfloat16 into the upper halves of words.</summary>
    private static void Expand(ReadOnlySpan<ushort> values, Span<uint> words)
    {
        var i = 0;
        for (; i <= values.Length - Vector512<ushort>.Count; i += Vector512<ushort>.Count)
        {
            var (first, second) = Vector512.Widen(Vector512.Create(values[i..]));
            (first << 16).CopyTo(words[i..]);
            (second << 16).CopyTo(words[(i + Vector512<uint>.Count)..]);
        }

        for (; i < values.Length; i++)
        {
            words[i] = (uint)values[i] << 16;
        }
    }

    private static ushort ToBFloat16(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsNaN(value) ? (ushort)0x7fc0 : (ushort)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
    }

    private static void Convert<T>(ReadOnlySpan<byte> bytes, Span<float> destination, Func<T, float> convert)
        where T : unmanaged
    {
        var values = MemoryMarshal.Cast<byte, T>(bytes);
        for (var i = 0; i < destination.Length; i++)
        {
            destination[i] = convert(values[i]);
        }
    }
}
