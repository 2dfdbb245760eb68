using CoDe.Compute;
using CoDe.Compute.Cpu;
using CoDe.Compute.Cuda;
using CoDe.Flow;
using CoDe.Stages;
using CoDe.Var;

namespace CoDe.Hosting;

/// <summary>
/// The kernels of a GPU are compiled for it where it is, by whatever compiler and driver are there. Before it is used it decodes the
/// demonstration model, and what it makes of it must be what the CPU makes of it.
/// </summary>
public static class DeviceCheck
{
    private const int DraftScales = 8;

    private static readonly ImageRequest[] Requests = [new(0, 1, 0, TinyModel.Sampling), new(3, 1, 1, TinyModel.Sampling)];

    /// <exception cref="CudaException">It is not; the device must not be used.</exception>
    public static void Run(IBackend backend)
    {
        using var cpu = CpuBackend.Create(new CpuOptions());
        var expected = Decode(cpu, pixelsOf: null);
        var found = Decode(backend, expected.Features);
        // Rounding to 16 bits decides some tokens, and what follows from them.
        var exact = backend.ActivationType == ElementType.Float32;
        Compare(backend, "logits", Distance(expected.Logits, found.Logits), exact ? 2e-5 : 0.03);
        Compare(backend, "pixels", Distance(expected.Pixels, found.Pixels), exact ? 1e-4 : 0.02);
        if (exact)
        {
            Compare(backend, "tokens", Distance(expected.Tokens, found.Tokens), 0);
        }
    }

    private static void Compare(IBackend backend, string what, double difference, double limit)
    {
        if (!(difference <= limit))
        {
            throw new CudaException(FormattableString.Invariant(
                $"{backend.Arithmetic} does not agree with the CPU: {what} of the demonstration model are off by {difference:0.0e+00} of at most {limit:0.0e+00}. It is not used; code verify tells more."));
        }
    }

    /// <summary>The L2 norm of the difference over that of what is expected; NaN where any is.</summary>
    private static double Distance(float[] expected, float[] found)
        => Math.Sqrt(expected.Zip(found).Sum(pair => Math.Pow(pair.First - (double)pair.Second, 2)) / expected.Sum(value => (double)value * value));

    /// <param name="pixelsOf">Feature maps whose pixels are wanted; null for its own.</param>
    private static Outcome Decode(IBackend backend, IReadOnlyList<FeatureMap>? pixelsOf)
    {
        using var models = LoadedModels.Load(backend, ModelNames.Tiny);
        var schedule = models.Drafter.Config.Schedule;
        using var draft = new DraftStage(backend, models.Drafter, models.Vqvae, Requests.Length, DraftScales);
        using var refine = new RefineStage(backend, models.Refiner!, models.Vqvae, Requests.Length, DraftScales);
        using var decode = new DecodeStage(backend, models.Vqvae, schedule);
        var decoded = refine.Run(Requests, draft.Run(Requests, DraftScales));
        IReadOnlyList<FeatureMap> features = [.. decoded.Select(each => each.FeatureMap)];
        return new Outcome(
            Logits(backend, models.Drafter), [.. decoded.SelectMany(each => each.TokenMaps).SelectMany(map => map.Tokens).Select(token => (float)token)],
            features, [.. (pixelsOf ?? features).SelectMany(decode.Pixels)]);
    }

    /// <summary>Of inputs that are no model's, at all positions at once.</summary>
    private static float[] Logits(IBackend backend, VarWeights weights)
    {
        var (config, scales) = (weights.Config, weights.Config.Schedule.Count);
        using var session = new VarSession(backend, weights, 1, scales, logitScales: scales);
        using var arena = backend.CreateArena();
        var inputs = arena.Allocate(config.Schedule.TotalTokens, config.CodeWidth);
        backend.Upload(inputs, [.. Enumerable.Range(0, inputs.Rows * inputs.Columns).Select(i => MathF.Sin(i * 0.7f))]);
        session.Begin([Requests[0].Label], guided: false);
        var logits = session.TeacherForced(inputs, scales);
        var values = new float[logits.Rows * logits.Columns];
        backend.Download(values, logits);
        return values;
    }

    /// <param name="Tokens">Of all scales.</param>
    /// <param name="Features">What they came to.</param>
    private sealed record Outcome(float[] Logits, float[] Tokens, IReadOnlyList<FeatureMap> Features, float[] Pixels);
}
