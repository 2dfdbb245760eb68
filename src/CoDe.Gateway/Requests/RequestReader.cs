using System.Security.Cryptography;
using CoDe.Flow;
using CoDe.Gateway.Lanes;
using CoDe.Gateway.Replicas;
using CoDe.Protocol;
using CoDe.Protocol.V1;

namespace CoDe.Gateway.Requests;

/// <summary>A request that makes sense: what was absent is filled in.</summary>
internal sealed record ReadRequest(
    Model Model, int Steps, ulong Seed, IReadOnlyList<ImageRequest> Images, ImageOutput Output, ClassNames Names);

/// <summary>A request that makes sense, whose images can be read in parts.</summary>
/// <param name="Labels">Classes, or their number for none.</param>
/// <param name="Count">Images of each label.</param>
internal sealed record RequestPlan(
    Model Model, int Steps, ulong Seed, IReadOnlyList<int> Labels, int Count, SamplingSettings Settings,
    ImageOutput Output, ClassNames Names)
{
    public int Images => Labels.Count * Count;

    public int LabelOf(int index) => Labels[index / Count];

    /// <param name="indices">Positions in the request: all of the first label, then of the next.</param>
    public ReadRequest Part(IEnumerable<int> indices) => new(
        Model, Steps, Seed,
        [.. indices.Select(index => new ImageRequest(LabelOf(index), Seed, (uint)index, Settings))], Output, Names);
}

/// <summary>
/// Checks requests before any device time is spent. Errors name the field, its value and the allowed values.
/// </summary>
/// <param name="highPriority">Whether callers may ask for the high priority.</param>
internal sealed class RequestReader(ModelCatalog catalog, int largestRequest, bool highPriority)
{
    /// <exception cref="InvalidSettingException">A field is out of its range.</exception>
    /// <exception cref="ModelNotServedException">No such model.</exception>
    /// <exception cref="StepsNotServedException">The model is not served for that N.</exception>
    /// <exception cref="NotAllowedException">The caller may not ask for the priority.</exception>
    public ReadRequest Read(GenerateRequest request)
    {
        ThrowIfNotAllowed(request);
        var plan = Plan(request, largestRequest);
        return plan.Part(Enumerable.Range(0, plan.Images));
    }

    /// <exception cref="NotAllowedException">The caller may not ask for the priority.</exception>
    public void ThrowIfNotAllowed(GenerateRequest request)
    {
        if (request.Priority == Priority.High && !highPriority)
        {
            throw new NotAllowedException(
                "priority is High; allowed: Normal, Low. Gateway:HighPriority would allow it.");
        }
    }

    /// <summary>Checks a request for up to this many images.</summary>
    /// <exception cref="InvalidSettingException">A field is out of its range.</exception>
    /// <exception cref="ModelNotServedException">No such model.</exception>
    /// <exception cref="StepsNotServedException">The model is not served for that N.</exception>
    public RequestPlan Plan(GenerateRequest request, int largest)
    {
        var model = catalog.Find(request.Model);
        var names = new ClassNames(model.ClassNames, (int)model.Classes);
        var count = request.HasCount ? request.Count : 1;
        if (!Enum.IsDefined(request.Priority))
        {
            throw new InvalidSettingException(
                "priority", $"{(int)request.Priority}", string.Join(", ", Enum.GetNames<Priority>()));
        }

        var labels = Labels(request, names, count, largest);
        var steps = Steps(request, model);
        var settings = Settings(request.Settings, model.Sampling.FromWire());
        settings.Validate(model.Sides.Count);
        var seed = request.HasSeed
            ? request.Seed
            : BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)));
        var output = new ImageOutput(request.Format.FromWire(), request.Tokens);
        return new RequestPlan(model, steps, seed, labels, (int)count, settings, output, names);
    }

    private static int Steps(GenerateRequest request, Model model)
    {
        if (!request.HasSteps)
        {
            // The published choice: two scales for the refiner.
            return (int)model.Steps
                .Where(steps => steps + 2 <= model.Sides.Count)
                .DefaultIfEmpty(model.Steps[^1])
                .Max();
        }

        var scales = model.Sides.Count;
        if (request.Steps < 1 || request.Steps > scales)
        {
            throw new InvalidSettingException("steps", $"{request.Steps}", $"1 to {scales}");
        }

        return model.Steps.Contains(request.Steps)
            ? (int)request.Steps
            : throw new StepsNotServedException(
                model.Name, (int)request.Steps, model.Steps.Select(steps => (int)steps));
    }

    private static SamplingSettings Settings(Settings? settings, SamplingSettings defaults)
    {
        if (settings is null)
        {
            return defaults;
        }

        return defaults with
        {
            Guidance = settings.HasGuidance ? settings.Guidance : defaults.Guidance,
            TopK = settings.HasTopK ? (int)Math.Min(settings.TopK, int.MaxValue) : defaults.TopK,
            TopP = settings.HasTopP ? settings.TopP : defaults.TopP,
            Temperatures = settings.Temperatures.Count > 0 ? [.. settings.Temperatures] : defaults.Temperatures,
            Smooth = settings.HasSmooth ? settings.Smooth : defaults.Smooth,
        };
    }

    private static int[] Labels(GenerateRequest request, ClassNames names, uint count, int largest)
    {
        if (request.Labels.Count == 0)
        {
            throw new InvalidSettingException("labels", "empty", "one or more classes");
        }

        int[] labels = [.. request.Labels.SelectMany(label => names.ParseAll(label.Trim())).Take(largest + 1)];
        if (labels.Length > largest)
        {
            throw new InvalidSettingException("labels", $"more than {largest} classes", $"1 to {largest}");
        }

        return count >= 1 && count * (ulong)labels.Length <= (ulong)largest
            ? labels
            : throw new InvalidSettingException("count", $"{count}", $"1 to {largest / labels.Length} of each label");
    }
}
