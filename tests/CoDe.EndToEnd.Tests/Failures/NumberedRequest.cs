using CoDe.Protocol.V1;

namespace CoDe.EndToEnd.Failures;

/// <summary>Requests that differ in label and seed, for images that can be told apart.</summary>
internal static class NumberedRequest
{
    public static GenerateRequest Of(int number) => new()
    {
        Labels = { $"{number % 10}" },
        Seed = (ulong)number,
        Steps = 8,
        Format = ImageFormat.Rgb,
    };
}
