using CoDe.Engine.Compute;
using CoDe.Engine.Compute.Cpu;
using CoDe.Engine.Stages;
using CoDe.Engine.Var;
using CoDe.Flow;
using CoDe.Hosting.Lifecycle;

namespace CoDe.Engine.Serving;

/// <summary>
/// Compares a device with the CPU on the demonstration model before a service uses it. A device of libtorch computes
/// with whatever libraries, driver and GPU a machine has.
/// </summary>
public sealed class DeviceCheck(Device device) : ILoading
{
    private const int DraftScales = 8;

    /// <summary>libtorch on the CPU differs by 3e-7 and 6e-7.</summary>
    private static readonly Limits OfFloat32 = new(Logits: 5e-6, Pixels: 1e-5, Tokens: 0);

    /// <summary>
    /// libtorch on the CPU differs by 2e-4 and 3e-4. Rounding to 16 bits decides some tokens, and all that follow.
    /// </summary>
    private static readonly Limits OfFloat16 = new(Logits: 2e-3, Pixels: 3e-3, Tokens: double.PositiveInfinity);

    /// <summary>libtorch on the CPU differs by 1.6e-3 and 2.8e-3.</summary>
    private static readonly Limits OfBFloat16 = new(Logits: 1e-2, Pixels: 1.5e-2, Tokens: double.PositiveInfinity);

    private static readonly ImageRequest[] Requests =
        [new(0, 1, 0, TinyModel.Sampling), new(3, 1, 1, TinyModel.Sampling)];

    /// <summary>Checks the device on its own thread.</summary>
    /// <exception cref="DeviceCheckException">It differs from the CPU.</exception>
    public Task LoadAsync(CancellationToken cancellation) => device.RunAsync(
        () =>
        {
            Run(device.Backend);
            return true;
        },
        cancellation);

    /// <exception cref="DeviceCheckException">The back end differs from the CPU.</exception>
    public static void Run(IBackend backend)
    {
        using var cpu = CpuBackend.Create(new CpuOptions());
        var expected = Decode(cpu, decoded: null);
        var found = Decode(backend, expected.Features);
        var limits = LimitsOf(backend.ActivationType);
        Compare(backend, "logits", expected.Logits, found.Logits, limits.Logits);
        Compare(backend, "pixels", expected.Pixels, found.Pixels, limits.Pixels);
        Compare(backend, "tokens", expected.Tokens, found.Tokens, limits.Tokens);
    }

    private static Limits LimitsOf(ElementType activations) => activations switch
    {
        ElementType.Float32 => OfFloat32,
        ElementType.Float16 => OfFloat16,
        _ => OfBFloat16,
    };

    /// <summary>Compares by the L2 norm of the difference divided by that of the expected values.</summary>
    private static void Compare(IBackend backend, string name, float[] expected, float[] found, double limit)
    {
        var difference = expected.Zip(found).Sum(pair => Math.Pow(pair.First - (double)pair.Second, 2));
        var distance = Math.Sqrt(difference / expected.Sum(value => (double)value * value));

        // NaN is within no limit.
        if (!(distance <= limit))
        {
            var numbers = FormattableString.Invariant($"by {distance:0.0e+00}, allowed are {limit:0.0e+00}");
            throw new DeviceCheckException(
                $"{backend.Description} differs from the CPU: {name} of the demonstration model {numbers}; "
                + "'code verify' compares more");
        }
    }

    /// <param name="decoded">Feature maps to compute pixels of; null for those that the tokens give.</param>
    private static Outcome Decode(IBackend backend, IReadOnlyList<FeatureMap>? decoded)
    {
        using var models = LoadedModels.Load(backend, ModelNames.Tiny);
        using var draft = new DraftStage(backend, models.Drafter, models.Vqvae, Requests.Length, DraftScales);
        using var refine = new RefineStage(backend, models.Refiner!, models.Vqvae, Requests.Length, DraftScales);
        using var decode = new DecodeStage(backend, models.Vqvae, models.Drafter.Config.Schedule);
        var images = refine.Run(Requests, draft.Run(Requests, DraftScales));
        IReadOnlyList<FeatureMap> features = [.. images.Select(image => image.FeatureMap)];
        var tokens = images.SelectMany(image => image.TokenMaps).SelectMany(map => map.Tokens);
        return new Outcome(
            Logits(backend, models.Drafter), [.. tokens.Select(token => (float)token)],
            features, [.. (decoded ?? features).SelectMany(decode.Pixels)]);
    }

    /// <summary>Computes logits of all positions, from inputs that are the same on every device.</summary>
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

    /// <summary>Largest relative differences.</summary>
    private sealed record Limits(double Logits, double Pixels, double Tokens);

    /// <param name="Tokens">Tokens of all scales.</param>
    private sealed record Outcome(
        float[] Logits, float[] Tokens, IReadOnlyList<FeatureMap> Features, float[] Pixels);
}

/// <summary>A device does not compute what the CPU computes.</summary>
public sealed class DeviceCheckException(string message) : InputException(message);
