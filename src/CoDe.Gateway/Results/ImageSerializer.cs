using System.Buffers;
using CoDe.Gateway.Lanes;
using CoDe.Protocol;
using CoDe.Protocol.V1;
using Google.Protobuf;
using Microsoft.Extensions.Caching.Hybrid;

namespace CoDe.Gateway.Results;

/// <summary>Writes cached images as <see cref="GeneratedImage"/> with picture and token maps alone.</summary>
internal sealed class ImageSerializer : IHybridCacheSerializer<FinishedImage>
{
    public void Serialize(FinishedImage value, IBufferWriter<byte> target)
    {
        var wire = new GeneratedImage { Image = value.Picture.ToWire() };
        wire.TokenMaps.AddRange(value.TokenMaps.Select(FlowMapping.ToWire));
        wire.WriteTo(target);
    }

    public FinishedImage Deserialize(ReadOnlySequence<byte> source)
    {
        var wire = GeneratedImage.Parser.ParseFrom(source);
        return new FinishedImage(wire.Image.ToPicture(), [.. wire.TokenMaps.Select(FlowMapping.FromWire)]);
    }
}
