using System.Runtime.InteropServices;
using CoDe.Flow;
using Google.Protobuf;
using Wire = CoDe.Protocol.V1;

namespace CoDe.Protocol;

/// <summary>
/// Maps between types of the engine and messages. It checks that the sizes of a message agree; the stages check the
/// rest.
/// </summary>
public static class FlowMapping
{
    public static Wire.TokenMap ToWire(this TokenMap map)
        => new() { Side = (uint)map.Side, Tokens = Bytes<ushort>(map.Tokens) };

    public static Wire.FeatureMap ToWire(this FeatureMap map)
        => new() { Channels = (uint)map.Channels, Side = (uint)map.Side, Values = Bytes<float>(map.Values) };

    public static Wire.Draft ToWire(this Draft draft)
    {
        var wire = new Wire.Draft
        {
            FeatureMap = draft.FeatureMap.ToWire(),
            Inputs = draft.Inputs is null ? ByteString.Empty : Bytes<float>(draft.Inputs),
        };
        wire.TokenMaps.AddRange(draft.TokenMaps.Select(ToWire));
        return wire;
    }

    public static Wire.Sampling ToWire(this SamplingSettings settings)
    {
        var wire = new Wire.Sampling
        {
            Guidance = settings.Guidance,
            TopK = (uint)settings.TopK,
            TopP = settings.TopP,
            Smooth = settings.Smooth,
        };
        wire.Temperatures.AddRange(settings.Temperatures);
        return wire;
    }

    public static Wire.ImageSpec ToWire(this ImageRequest request) => new()
    {
        Label = (uint)request.Label,
        Seed = request.Seed,
        Index = request.Index,
        Sampling = request.Sampling.ToWire(),
        Keep = request.Edit?.ToWire(),
    };

    public static Wire.Image ToWire(this Picture picture) => new()
    {
        Width = (uint)picture.Width,
        Height = (uint)picture.Height,
        Format = (Wire.ImageFormat)picture.Format,
        Data = UnsafeByteOperations.UnsafeWrap(picture.Data),
    };

    public static Picture ToPicture(this Wire.Image image)
        => new((int)image.Width, (int)image.Height, image.Format.FromWire(), image.Data.Memory);

    /// <param name="field">Where the format stands, for messages.</param>
    /// <exception cref="InvalidSettingException">There is no such format.</exception>
    public static PictureFormat FromWire(this Wire.ImageFormat format, string field = "format")
        => Enum.IsDefined(format) ? (PictureFormat)format
        : throw new InvalidSettingException(
            field, $"{(int)format}", string.Join(", ", Enum.GetNames<PictureFormat>()));

    /// <summary>Raw RGB.</summary>
    public static Wire.Image ToWire(this Image image)
        => new()
        {
            Width = (uint)image.Width,
            Height = (uint)image.Height,
            Format = Wire.ImageFormat.Rgb,
            Data = UnsafeByteOperations.UnsafeWrap(image.Rgb),
        };

    public static TokenMap FromWire(this Wire.TokenMap map)
        => new((int)map.Side, Values<ushort>(map.Tokens, "token map"));

    public static FeatureMap FromWire(this Wire.FeatureMap map)
    {
        var values = Values<float>(map.Values, "feature map");
        return values.LongLength == (long)map.Channels * map.Side * map.Side
            ? new FeatureMap((int)map.Channels, (int)map.Side, values)
            : throw new InvalidSettingException(
                "feature map", FormattableString.Invariant($"{values.Length} values"),
                FormattableString.Invariant($"{map.Channels} x {map.Side} x {map.Side}"));
    }

    public static Draft FromWire(this Wire.Draft draft) => new(
        [.. draft.TokenMaps.Select(FromWire)],
        (draft.FeatureMap ?? throw Missing("feature map")).FromWire(),
        draft.Inputs.IsEmpty ? null : Values<float>(draft.Inputs, "draft inputs"));

    /// <summary>Reads a serialized draft.</summary>
    /// <exception cref="InvalidSettingException">The bytes are no draft.</exception>
    public static Draft DraftFrom(ByteString bytes)
    {
        try
        {
            return Wire.Draft.Parser.ParseFrom(bytes).FromWire();
        }
        catch (InvalidProtocolBufferException error)
        {
            throw new InvalidSettingException("draft", error.Message, "a serialized Draft");
        }
    }

    public static SamplingSettings FromWire(this Wire.Sampling sampling) => new()
    {
        Guidance = sampling.Guidance,
        TopK = (int)Math.Min(sampling.TopK, int.MaxValue),
        TopP = sampling.TopP,
        Temperatures = sampling.Temperatures.Count == 0 ? [1] : [.. sampling.Temperatures],
        Smooth = sampling.Smooth,
    };

    public static ImageRequest FromWire(this Wire.ImageSpec spec) => new(
        (int)Math.Min(spec.Label, int.MaxValue), spec.Seed, spec.Index,
        (spec.Sampling ?? throw Missing("sampling")).FromWire(), spec.Keep?.FromWire());

    /// <summary>Raw RGB only.</summary>
    public static Image FromWire(this Wire.Image image)
        => image.Format == Wire.ImageFormat.Rgb
            && image.Width is > 0 and <= 16384
            && image.Height is > 0 and <= 16384
            && image.Data.Length == image.Width * image.Height * 3
            ? new Image((int)image.Width, (int)image.Height, image.Data.ToByteArray())
            : throw new InvalidSettingException(
                "image", FormattableString.Invariant($"{image.Data.Length} bytes for {image.Width} x {image.Height}"),
                "raw RGB, width x height x 3 bytes");

    private static Wire.Keep ToWire(this Edit edit)
    {
        var wire = new Wire.Keep { Mask = Bytes<float>([.. edit.Keep]) };
        wire.Features.AddRange(edit.Features.Select(ToWire));
        return wire;
    }

    private static Edit FromWire(this Wire.Keep keep)
        => new([.. keep.Features.Select(FromWire)], Values<float>(keep.Mask, "mask"));

    private static InvalidSettingException Missing(string field) => new(field, "missing", "one");

    /// <summary>Little-endian, as every machine that runs this is.</summary>
    private static ByteString Bytes<T>(ReadOnlySpan<T> values)
        where T : unmanaged => ByteString.CopyFrom(MemoryMarshal.AsBytes(values));

    private static T[] Values<T>(ByteString bytes, string field)
        where T : unmanaged
    {
        var values = new T[bytes.Length / Marshal.SizeOf<T>()];
        var target = MemoryMarshal.AsBytes(values.AsSpan());
        if (target.Length != bytes.Length)
        {
            throw new InvalidSettingException(
                field, FormattableString.Invariant($"{bytes.Length} bytes"), "whole values");
        }

        bytes.Span.CopyTo(target);
        return values;
    }
}
