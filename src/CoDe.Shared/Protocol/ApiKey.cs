using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace CoDe.Protocol;

/// <summary>Keys by which a gateway knows its callers. A gateway keeps their digests alone.</summary>
public static class ApiKey
{
    /// <summary>Beginning of every key, by which scanners of secrets find one that was published.</summary>
    public const string Prefix = "code_";

    /// <summary>Header, or metadata of gRPC, that holds a key where <c>authorization</c> does not.</summary>
    public const string Header = "x-api-key";

    private const int RandomBytes = 32;

    /// <summary>Draws a key of 256 random bits.</summary>
    public static string Create() => Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(RandomBytes));

    /// <summary>Computes the SHA-256 of a key in hexadecimal digits, as the gateway's file of keys has it.</summary>
    public static string DigestOf(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));
}
