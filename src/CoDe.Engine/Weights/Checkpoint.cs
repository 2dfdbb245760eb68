using CoDe.Engine.Compute;

namespace CoDe.Engine.Weights;

/// <summary>Type and shape of a tensor in a checkpoint.</summary>
public sealed record TensorInfo(ElementType Type, IReadOnlyList<int> Shape);

/// <summary>A file, or a generator, of named tensors.</summary>
public abstract class Checkpoint(string path) : IDisposable
{
    /// <summary>The file's path, for messages.</summary>
    public string Path { get; } = path;

    /// <summary>Every tensor by its full name. Nested dictionaries of a <c>.pth</c> are joined with dots.</summary>
    public abstract IReadOnlyDictionary<string, TensorInfo> Tensors { get; }

    /// <summary>Opens a <c>.pth</c> or safetensors file, told apart by content.</summary>
    /// <exception cref="CheckpointException">The file cannot be read or is neither.</exception>
    public static Checkpoint OpenFile(string path)
    {
        var file = MappedFile.Open(path);
        try
        {
            return CheckpointFormat.Open(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Opens one tensor of <see cref="Tensors"/> for reading.</summary>
    /// <exception cref="CheckpointException">The tensor does not exist or cannot be read.</exception>
    public abstract WeightSource Open(string name);

    /// <summary>
    /// Finds the prefix of the only tensor named <paramref name="marker"/>, alone or after a dot; null without one.
    /// </summary>
    /// <exception cref="CheckpointException">There are several.</exception>
    public string? FindPrefix(string marker)
    {
        string[] found = [.. Tensors.Keys
            .Where(name => name == marker || name.EndsWith("." + marker, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)];
        return found.Length > 1
            ? throw new CheckpointException($"{Path} holds several models: {string.Join(", ", found.Take(5))}.")
            : found.SingleOrDefault()?[..^marker.Length];
    }

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
    }

    /// <exception cref="CheckpointException">There is no such tensor.</exception>
    protected T Find<T>(IReadOnlyDictionary<string, T> tensors, string name)
        => tensors.TryGetValue(name, out var tensor)
            ? tensor
            : throw new CheckpointException($"{Path} has no tensor {name}.");
}
