using System.Security.Cryptography;
using CoDe.Flow;
using Microsoft.IdentityModel.Tokens;

namespace CoDe.Gateway.Callers;

/// <summary>Reads public keys by which tokens are checked: PEM, or a JWK set.</summary>
internal static class SigningKeys
{
    private const string PublicKey = "PUBLIC KEY";

    /// <exception cref="SigningKeyException">It has no such key, or one that is not public.</exception>
    public static IReadOnlyList<SecurityKey> Parse(string text)
    {
        var keys = text.AsSpan().TrimStart() is ['{', ..] ? OfJwks(text) : OfPem(text);
        return keys.Count > 0
            ? keys
            : throw new SigningKeyException("which has no key; allowed: PUBLIC KEY in PEM, or a JWK set");
    }

    private static List<SecurityKey> OfJwks(string text)
    {
        try
        {
            // A set may also have keys for other uses.
            return [.. new JsonWebKeySet(text).GetSigningKeys().Where(key => key is AsymmetricSecurityKey)];
        }
        catch (ArgumentException)
        {
            throw new SigningKeyException("which is no JWK set; allowed: PUBLIC KEY in PEM, or a JWK set");
        }
    }

    private static List<SecurityKey> OfPem(ReadOnlySpan<char> text)
    {
        var keys = new List<SecurityKey>();
        while (PemEncoding.TryFind(text, out var found))
        {
            var label = text[found.Label];
            keys.Add(label is PublicKey
                ? OfSubject(text[found.Location])
                : throw new SigningKeyException($"which has a {Printable.Of(label.ToString())}; allowed: {PublicKey}"));
            text = text[found.Location.End..];
        }

        return keys;
    }

    /// <summary>The kind of a key stands in its encoding.</summary>
    private static SecurityKey OfSubject(ReadOnlySpan<char> pem)
    {
        var ecdsa = ECDsa.Create();
        try
        {
            ecdsa.ImportFromPem(pem);
            return new ECDsaSecurityKey(ecdsa);
        }
        catch (CryptographicException)
        {
            ecdsa.Dispose();
        }

        var rsa = RSA.Create();
        try
        {
            rsa.ImportFromPem(pem);
            return new RsaSecurityKey(rsa);
        }
        catch (CryptographicException)
        {
            rsa.Dispose();
            throw new SigningKeyException($"which has a {PublicKey} that is neither EC nor RSA");
        }
    }
}

/// <summary>A file of public keys is wrong: why, and what is allowed.</summary>
internal sealed class SigningKeyException(string problem) : InputException(problem);
