using System.Buffers.Binary;
using System.Collections.Frozen;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;

namespace CoDe.Gateway.Callers;

/// <summary>The keys of a file. A key is found by its digest, which tells nothing about it, in constant time.</summary>
internal sealed class CallerKeys
{
    /// <summary>Characters of the longest key; a longer one is not hashed.</summary>
    private const int LongestKey = 512;

    private readonly FrozenDictionary<ulong, KnownKey[]> _keys;
    private readonly FrozenDictionary<string, CallerLimits> _limits;

    public CallerKeys(IReadOnlyCollection<KnownKey> keys)
    {
        _keys = keys.GroupBy(key => StartOf(key.Digest))
            .ToFrozenDictionary(group => group.Key, group => group.ToArray());
        _limits = keys.DistinctBy(key => key.Caller.CallerName)
            .ToFrozenDictionary(key => key.Caller.CallerName, key => key.Caller.Limits, StringComparer.Ordinal);
    }

    /// <summary>Finds whose key it is; null for nobody's.</summary>
    public ClaimsPrincipal? Find(string key)
    {
        if (key.Length > LongestKey)
        {
            return null;
        }

        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(key), digest);
        if (_keys.TryGetValue(StartOf(digest), out var candidates))
        {
            foreach (var candidate in candidates)
            {
                if (CryptographicOperations.FixedTimeEquals(candidate.Digest, digest))
                {
                    return candidate.Principal;
                }
            }
        }

        return null;
    }

    /// <summary>Gets the limits of a caller; null where no key is of that name.</summary>
    public CallerLimits? LimitsOf(string name) => _limits.TryGetValue(name, out var limits) ? limits : null;

    private static ulong StartOf(ReadOnlySpan<byte> digest) => BinaryPrimitives.ReadUInt64LittleEndian(digest);
}

/// <summary>A key by its SHA-256, and the caller that has it.</summary>
internal sealed class KnownKey(byte[] digest, CallerIdentity caller)
{
    public byte[] Digest => digest;

    public CallerIdentity Caller => caller;

    public ClaimsPrincipal Principal { get; } = caller.ToPrincipal();
}
