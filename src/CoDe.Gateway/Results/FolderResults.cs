using CoDe.Flow;
using Microsoft.Extensions.Caching.Distributed;

namespace CoDe.Gateway.Results;

/// <summary>
/// Second level of the result cache in a folder, a file an image, for a gateway alone. The images that were used last
/// stay, up to a bound in bytes. A disk that fails costs hits, not requests.
/// </summary>
internal sealed class FolderResults : IDistributedCache
{
    private readonly Lock _lock = new();
    private readonly LinkedList<(string Name, long Size)> _files = [];
    private readonly Dictionary<string, LinkedListNode<(string Name, long Size)>> _nodes = new(StringComparer.Ordinal);
    private readonly string _folder;
    private readonly long _limit;
    private readonly TimeProvider _time;
    private readonly ILogger<FolderResults> _logger;
    private long _size;

    /// <summary>Finds what an earlier gateway kept.</summary>
    /// <param name="limit">The most bytes of all files.</param>
    public FolderResults(string folder, long limit, TimeProvider time, ILogger<FolderResults> logger)
    {
        (_folder, _limit, _time, _logger) = (folder, limit, time, logger);
        Directory.CreateDirectory(folder);
        foreach (var file in new DirectoryInfo(folder).EnumerateFiles().OrderBy(file => file.LastWriteTimeUtc))
        {
            if (file.Name.EndsWith(WholeFile.Partial, StringComparison.Ordinal))
            {
                file.Delete();
            }
            else
            {
                Add(file.Name, file.Length);
            }
        }

        Evict();
    }

    /// <summary>Gets the bytes of all files.</summary>
    public long Size => Volatile.Read(ref _size);

    public async Task<byte[]?> GetAsync(string key, CancellationToken token = default)
    {
        var name = NameOf(key);
        if (!Use(name))
        {
            return null;
        }

        try
        {
            var value = await File.ReadAllBytesAsync(PathOf(name), token).ConfigureAwait(false);
            File.SetLastWriteTimeUtc(PathOf(name), _time.GetUtcNow().UtcDateTime);
            return value;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Evicted meanwhile, or deleted by someone.
            Remove(key);
            return null;
        }
    }

    /// <summary>Writes an image. Cached images never become wrong, so their lifetime is not kept.</summary>
    public async Task SetAsync(
        string key, byte[] value, DistributedCacheEntryOptions options, CancellationToken token = default)
    {
        var name = NameOf(key);
        try
        {
            await Task.Run(() => WholeFile.Write(PathOf(name), value), token).ConfigureAwait(false);
            Add(name, value.Length);
            Evict();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            _logger.NotKept(error.Message);
        }
    }

    public Task RefreshAsync(string key, CancellationToken token = default) => Task.CompletedTask;

    public Task RemoveAsync(string key, CancellationToken token = default)
    {
        Remove(key);
        return Task.CompletedTask;
    }

    public byte[]? Get(string key) => throw OnlyAsynchronous();

    public void Set(string key, byte[] value, DistributedCacheEntryOptions options) => throw OnlyAsynchronous();

    public void Refresh(string key) => throw OnlyAsynchronous();

    public void Remove(string key)
    {
        var name = NameOf(key);
        Forget(name);
        File.Delete(PathOf(name));
    }

    private static NotSupportedException OnlyAsynchronous() => new("HybridCache calls the asynchronous methods alone.");

    /// <summary>The hash at the end of a key, which has only characters that file names may have.</summary>
    private static string NameOf(string key) => key[(key.LastIndexOf(':') + 1)..];

    private string PathOf(string name) => Path.Combine(_folder, name);

    /// <summary>Makes a file the last that was used.</summary>
    /// <returns>False where there is no such file.</returns>
    private bool Use(string name)
    {
        lock (_lock)
        {
            if (!_nodes.TryGetValue(name, out var node))
            {
                return false;
            }

            _files.Remove(node);
            _files.AddLast(node);
            return true;
        }
    }

    private void Add(string name, long size)
    {
        lock (_lock)
        {
            Forget(name);
            _nodes[name] = _files.AddLast((name, size));
            _size += size;
        }
    }

    private void Forget(string name)
    {
        lock (_lock)
        {
            if (_nodes.Remove(name, out var node))
            {
                _files.Remove(node);
                _size -= node.Value.Size;
            }
        }
    }

    /// <summary>Deletes the files that were not used for longest, down to the bound.</summary>
    private void Evict()
    {
        while (true)
        {
            string name;
            lock (_lock)
            {
                if (_size <= _limit || _files.First is not { } oldest)
                {
                    return;
                }

                name = oldest.Value.Name;
                Forget(name);
            }

            File.Delete(PathOf(name));
        }
    }
}
