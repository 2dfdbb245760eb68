using CoDe.Engine.Compute;
using CoDe.Flow;

namespace CoDe.Engine.Weights;

/// <summary>Type and shape of a tensor in a checkpoint.</summary>
/// <param name="ForeignName">The file's name for a type that cannot be read.</param>
public sealed record TensorInfo(ElementType Type, IReadOnlyList<int> Shape, string? ForeignName = null)
{
    /// <summary>The type for people.</summary>
    public string TypeName => ForeignName ?? $"{Type}";
}

/// <summary>A file, or a generator, of named tensors.</summary>
public abstract class Checkpoint(string path) : IDisposable
{
    /// <summary>Before the name of a part in a path, such as <c>model.pth#ema</c>.</summary>
    private const char PartSign = '#';

    private string? _part;

    /// <summary>The file's path, for messages.</summary>
    public string Path { get; } = path;

    /// <summary>Every tensor by its full name. Nested dictionaries of a <c>.pth</c> are joined with dots.</summary>
    public abstract IReadOnlyDictionary<string, TensorInfo> Tensors { get; }

    /// <summary>Metadata of a safetensors file; empty of other formats.</summary>
    public virtual IReadOnlyDictionary<string, string> Metadata { get; } = new Dictionary<string, string>();

    /// <summary>
    /// Opens a <c>.pth</c> or safetensors file, told apart by content, or shards by their index or folder. After a #
    /// may stand the part of the file that is meant, such as ema.
    /// </summary>
    /// <exception cref="CheckpointException">The file cannot be read or is neither.</exception>
    public static Checkpoint OpenFile(string path)
    {
        var (file, part) = Locate(path);
        var checkpoint = OpenWhole(file);
        checkpoint._part = part;
        if (part is not null && !checkpoint.Tensors.Keys.Any(checkpoint.IsInPart))
        {
            var parts = checkpoint.Tensors.Keys.Select(name => name.Split('.')[0]).Distinct().Take(10);
            checkpoint.Dispose();
            throw new CheckpointException(
                $"{file} has nothing under {Printable.Of(part)}; it has {string.Join(", ", parts)}.");
        }

        return checkpoint;
    }

    /// <summary>
    /// Divides a path into that of a file, of a folder's its checkpoint, and the part of it; null where all is meant.
    /// </summary>
    /// <exception cref="CheckpointException">The path is a folder without a checkpoint.</exception>
    public static (string File, string? Part) Locate(string path)
    {
        var sign = path.LastIndexOf(PartSign);
        return sign > 0 && sign < path.Length - 1 && !System.IO.Path.Exists(path)
            ? (CheckpointFolder.Resolve(path[..sign]), path[(sign + 1)..])
            : (CheckpointFolder.Resolve(path), null);
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
        string[] found = [.. Tensors.Keys.Where(IsInPart)
            .Where(name => name == marker || name.EndsWith("." + marker, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)];
        return found.Length > 1
            ? throw new CheckpointException(
                $"{Path} holds several models: {string.Join(", ", found.Take(5))}; "
                + $"name one as in {Path}{PartSign}{found[0][..^marker.Length].TrimEnd('.')}.")
            : found.SingleOrDefault()?[..^marker.Length];
    }

    /// <summary>Explains why a tensor is missing that the file has in another form; null without one.</summary>
    public virtual string? ReasonMissing(string name) => null;

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
    }

    /// <exception cref="CheckpointException">The tensor's type cannot be read.</exception>
    protected TensorInfo Readable(string name, TensorInfo info)
        => info.Type != ElementType.Foreign
            ? info
            : throw new CheckpointException($"{Path}: {name} is of type {info.TypeName}, which cannot be read.");

    private static Checkpoint OpenWhole(string path)
    {
        var file = CheckpointFile.Open(path);
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

    private bool IsInPart(string name)
        => _part is null || name.StartsWith($"{_part}.", StringComparison.Ordinal);

    /// <exception cref="CheckpointException">There is no such tensor.</exception>
    protected T Find<T>(IReadOnlyDictionary<string, T> tensors, string name)
        => tensors.TryGetValue(name, out var tensor)
            ? tensor
            : throw new CheckpointException($"{Path} has no tensor {name}.");
}
