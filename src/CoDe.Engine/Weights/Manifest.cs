using CoDe.Engine.Compute;

namespace CoDe.Engine.Weights;

/// <summary>The tensors that a model needs, by name and shape, and those that its checkpoints may also hold.</summary>
public sealed class Manifest
{
    private readonly Dictionary<string, int[]> _needed = [];
    private readonly HashSet<string> _ignored = [];

    /// <summary>Every needed tensor in the order it was added.</summary>
    public IEnumerable<(string Name, IReadOnlyList<int> Shape)> Needed
        => _needed.Select(entry => (entry.Key, (IReadOnlyList<int>)entry.Value));

    public Manifest Need(string name, params int[] shape)
    {
        _needed.Add(name, shape);
        return this;
    }

    /// <summary>A weight and its bias.</summary>
    public Manifest NeedLayer(string name, params int[] shape)
        => Need(name + ".weight", shape).Need(name + ".bias", shape[0]);

    /// <summary>Buffers of the training code that decoding does not use.</summary>
    public Manifest Ignore(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            _ignored.Add(name);
        }

        return this;
    }

    /// <summary>Everything that does not fit, one line a tensor; empty where all fits.</summary>
    /// <param name="within">Prefix of the names in the checkpoint; other names are ignored.</param>
    public IReadOnlyList<string> Problems(Checkpoint checkpoint, string within)
    {
        var problems = new List<string>();
        foreach (var (name, shape) in _needed)
        {
            if (!checkpoint.Tensors.TryGetValue(within + name, out var found))
            {
                var reason = checkpoint.ReasonMissing(within + name) is { } text ? $": {text}" : "";
                problems.Add($"missing {within}{name} ({Text(shape)}){reason}");
            }
            else if (!found.Shape.SequenceEqual(shape))
            {
                problems.Add($"{within}{name} is ({Text(found.Shape)}), expected ({Text(shape)})");
            }
            else if (!IsReadable(found.Type))
            {
                problems.Add($"{within}{name} holds {found.TypeName}, expected a floating-point type");
            }
        }

        problems.AddRange(Unexpected(checkpoint, within)
            .Select(name => $"unexpected {name} ({Text(checkpoint.Tensors[name].Shape)})"));
        return problems;
    }

    /// <exception cref="CheckpointException">Something does not fit; the message lists all of it.</exception>
    public void Check(Checkpoint checkpoint, string within, string model)
    {
        var problems = Problems(checkpoint, within);
        if (problems.Count > 0)
        {
            throw new CheckpointException(
                $"{checkpoint.Path} does not fit {model}: {problems.Count} tensors differ.\n  "
                + string.Join("\n  ", problems));
        }
    }

    private IEnumerable<string> Unexpected(Checkpoint checkpoint, string within) => checkpoint.Tensors.Keys
        .Where(name => name.StartsWith(within, StringComparison.Ordinal))
        .Where(name => !_needed.ContainsKey(name[within.Length..]) && !_ignored.Contains(name[within.Length..]))
        .Order(StringComparer.Ordinal);

    private static bool IsReadable(ElementType type)
        => type is ElementType.Float32 or ElementType.Float16 or ElementType.BFloat16 or ElementType.Float64;

    private static string Text(IEnumerable<int> shape) => string.Join(" x ", shape);
}
