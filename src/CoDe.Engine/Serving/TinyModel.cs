using CoDe.Flow;

namespace CoDe.Engine.Serving;

/// <summary>The demonstration model that comes with the program: ten shapes, 64 x 64 pixels.</summary>
public static class TinyModel
{
    /// <summary>Settings that look well with it.</summary>
    public static SamplingSettings Sampling { get; } = new() { Guidance = 1.5, TopK = 60, TopP = 0.95 };

    public static string Drafter => File("drafter_d4.safetensors");

    public static string Refiner => File("refiner_d2.safetensors");

    public static string Vqvae => File("vqvae.safetensors");

    private static string File(string name) => Path.Combine(AppContext.BaseDirectory, "models", "tiny", name);
}
