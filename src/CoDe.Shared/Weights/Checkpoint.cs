using CoDe.Compute;

namespace CoDe.Weights;

/// <summary>What a checkpoint says of one tensor.</summary>
public sealed record TensorInfo(ElementType Type, IReadOnlyList<int> Shape);

/// <summary>A file, or a generator, of named tensors.</summary>
public abstract class Checkpoint(string path) : IDisposable
{
    /// <summary>The file's path, for messages.</summary>
    public string Path { get; } = path;

    /// <summary>Every tensor by its full name. Nested dictionaries of a <c>.pth</c> are joined with dots.</summary>
    public abstract IReadOnlyDictionary<string, TensorInfo> Tensors { get; }

    /// <summary>Opens one tensor of <see cref="Tensors"/> for reading.</summary>
    public abstract WeightSource Open(string name);

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
    }
}
