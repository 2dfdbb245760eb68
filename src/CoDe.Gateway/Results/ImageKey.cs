using System.Buffers.Text;
using System.Security.Cryptography;
using CoDe.Flow;
using CoDe.Gateway.Requests;
using CoDe.Protocol.V1;

namespace CoDe.Gateway.Results;

/// <summary>Key of a cached image: a hash of everything that decides its bytes.</summary>
internal static class ImageKey
{
    /// <summary>Its number changes with what is hashed, and with the format of cached images.</summary>
    private const string Prefix = "code:image:1:";

    public static string Of(ReadRequest read, ImageRequest image)
    {
        using var bytes = new MemoryStream();
        using var writer = new BinaryWriter(bytes);
        writer.Write(read.Model.Name);
        writer.Write(read.Steps);
        Write(writer, read.Model.Pairs.Single(pair => pair.Steps == read.Steps));
        writer.Write(image.Label);
        writer.Write(image.Seed);
        writer.Write(image.Index);
        Write(writer, image.Sampling);
        writer.Write((int)read.Output.Format);
        writer.Write(read.Output.TokenMaps);
        return Prefix + Base64Url.EncodeToString(SHA256.HashData(bytes.GetBuffer().AsSpan(0, (int)bytes.Length)));
    }

    private static void Write(BinaryWriter writer, Pair pair)
    {
        foreach (var stage in new[] { pair.Drafter, pair.Refiner })
        {
            writer.Write(stage.WeightsDigest);
            writer.Write(stage.Arithmetic);
        }
    }

    private static void Write(BinaryWriter writer, SamplingSettings sampling)
    {
        writer.Write(sampling.Guidance);
        writer.Write(sampling.TopK);
        writer.Write(sampling.TopP);
        writer.Write(sampling.Smooth);
        writer.Write(sampling.Temperatures.Length);
        foreach (var temperature in sampling.Temperatures)
        {
            writer.Write(temperature);
        }
    }
}
