using System.Text.Json;
using CoDe.Engine.Compute;
using CoDe.Flow;

namespace CoDe.Engine.Weights;

/// <summary>Checkpoint in several files beside an index, a JSON file that names the file of each tensor.</summary>
internal sealed class ShardedCheckpoint : Checkpoint
{
    private const long LargestIndex = 100_000_000;
    private const int MostShards = 4096;

    private readonly Dictionary<string, Checkpoint> _shards = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Checkpoint> _places = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TensorInfo> _tensors = new(StringComparer.Ordinal);

    /// <exception cref="CheckpointException">Index or shards cannot be read, or contradict each other.</exception>
    public ShardedCheckpoint(CheckpointFile index)
        : base(index.Path)
    {
        try
        {
            foreach (var (tensor, shard) in ReadIndex(index))
            {
                Place(index, tensor, shard);
            }

            index.Dispose();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public override IReadOnlyDictionary<string, TensorInfo> Tensors => _tensors;

    public override WeightSource Open(string name) => Find(_places, name).Open(name);

    public override string? ReasonMissing(string name)
        => _shards.Values.Select(shard => shard.ReasonMissing(name)).FirstOrDefault(reason => reason is not null);

    protected override void Dispose(bool disposing)
    {
        foreach (var shard in _shards.Values)
        {
            shard.Dispose();
        }

        base.Dispose(disposing);
    }

    private static Dictionary<string, string> ReadIndex(CheckpointFile index)
    {
        if (index.Length > LargestIndex)
        {
            throw index.Invalid($"it is a JSON file of {index.Length} bytes, which no index of shards has");
        }

        var bytes = new byte[index.Length];
        index.Read(0, bytes);
        try
        {
            using var document = JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = 16 });
            return document.RootElement.GetProperty("weight_map").EnumerateObject()
                .ToDictionary(entry => entry.Name, entry => entry.Value.GetString() ?? "", StringComparer.Ordinal);
        }
        catch (Exception error)
            when (error is JsonException or InvalidOperationException or KeyNotFoundException or ArgumentException)
        {
            throw new CheckpointException(
                $"{index.Path} cannot be used: it is JSON but no index of shards ({error.Message}).", error);
        }
    }

    private void Place(CheckpointFile index, string tensor, string shard)
    {
        if (!_shards.TryGetValue(shard, out var checkpoint))
        {
            if (shard.Length == 0 || System.IO.Path.GetFileName(shard) != shard || _shards.Count == MostShards)
            {
                throw index.Invalid($"it names the shard '{Printable.Of(shard)}', which is no file beside it");
            }

            var folder = System.IO.Path.GetDirectoryName(index.Path) ?? "";
            checkpoint = OpenFile(System.IO.Path.Combine(folder, shard));
            _shards.Add(shard, checkpoint);
        }

        _tensors[tensor] = checkpoint.Tensors.TryGetValue(tensor, out var info)
            ? info
            : throw index.Invalid($"it says that {Printable.Of(tensor)} is in {shard}, which does not have it");
        _places[tensor] = checkpoint;
    }
}
