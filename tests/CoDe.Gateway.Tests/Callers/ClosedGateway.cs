using System.Security.Cryptography;
using CoDe.Protocol;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Xunit;

namespace CoDe.Gateway.Tests.Callers;

/// <summary>A gateway that wants a key or a token, with everything that it can serve turned on.</summary>
public sealed class ClosedGateway : IAsyncLifetime
{
    public const string Audience = "code";
    public const string Issuer = "tests";

    private readonly ECDsa _signing = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    internal StageDouble Stage { get; private set; } = null!;

    internal GatewayServer Gateway { get; private set; } = null!;

    /// <summary>Key of a caller with every role.</summary>
    public string Key { get; } = ApiKey.Create();

    public string GenerateKey { get; } = ApiKey.Create();

    public string JobsKey { get; } = ApiKey.Create();

    public string OperateKey { get; } = ApiKey.Create();

    /// <summary>Folder of the files that the gateway reads.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("code-keys-").FullName;

    public string KeyFile => Path.Combine(Folder, "keys");

    public string PublicKey => _signing.ExportSubjectPublicKeyInfoPem();

    public async Task InitializeAsync()
    {
        WriteKeys();
        await File.WriteAllTextAsync(Path.Combine(Folder, "issuer.pem"), PublicKey);
        Stage = await StageDouble.StartAsync();
        Gateway = await GatewayServer.StartAsync(
            [Stage.Address], [Stage.Address], "--Gateway:Dashboard=true", $"--Gateway:Callers:KeyFile={KeyFile}",
            $"--Gateway:Callers:Jwt:KeyFile={Path.Combine(Folder, "issuer.pem")}",
            $"--Gateway:Callers:Jwt:Audience={Audience}", $"--Gateway:Callers:Jwt:Issuer={Issuer}");
    }

    public async Task DisposeAsync()
    {
        await Gateway.DisposeAsync();
        await Stage.DisposeAsync();
        _signing.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>Writes the file of keys as a whole, with further lines.</summary>
    public void WriteKeys(params string[] lines)
    {
        string[] all =
        [
            "# The callers of the tests.", LineOf("all", Key, "roles=generate,jobs,operate"),
            LineOf("painter", GenerateKey, ""), LineOf("clerk", JobsKey, "roles=jobs"),
            LineOf("watcher", OperateKey, "roles=operate"), .. lines,
        ];
        File.WriteAllLines($"{KeyFile}.new", all);
        File.Move($"{KeyFile}.new", KeyFile, overwrite: true);
    }

    public static string LineOf(string name, string key, string rest) => $"{name} {ApiKey.DigestOf(key)} {rest}";

    /// <summary>Describes a token that counts for an hour.</summary>
    public static SecurityTokenDescriptor Describe(string subject, params string[] roles) => new()
    {
        Issuer = Issuer,
        Audience = Audience,
        NotBefore = TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(-1),
        Expires = TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(1),
        Claims = new Dictionary<string, object> { ["sub"] = subject, ["roles"] = roles },
    };

    /// <summary>Signs a token with the key that the gateway trusts.</summary>
    public string Sign(SecurityTokenDescriptor token)
    {
        token.SigningCredentials = new SigningCredentials(
            new ECDsaSecurityKey(_signing), SecurityAlgorithms.EcdsaSha256);
        return Write(token);
    }

    public static string Write(SecurityTokenDescriptor token)
        => new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(token);
}
