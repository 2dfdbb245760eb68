using System.Security.Cryptography;
using System.Text;
using CoDe.Gateway.Callers;
using CoDe.Protocol.V1;
using Grpc.Core;
using Microsoft.IdentityModel.Tokens;
using Xunit;

namespace CoDe.Gateway.Tests.Callers;

/// <summary>Callers with tokens (JWT).</summary>
public sealed class TokensTests(ClosedGateway closed) : IClassFixture<ClosedGateway>
{
    [Fact]
    public async Task Token_OfTheIssuer_IsTakenWithItsRoles()
    {
        var models = await ListAsync(closed.Sign(ClosedGateway.Describe("someone", "generate", "root")));
        Assert.Equal(StatusCode.OK, models.StatusCode);
        var refused = await ListAsync(closed.Sign(ClosedGateway.Describe("someone", "operate")));
        Assert.Equal(
            (StatusCode.PermissionDenied, "jwt~someone has the roles: operate; needed: generate."),
            (refused.StatusCode, refused.Detail));
        var scopes = ClosedGateway.Describe("someone");
        scopes.Claims["roles"] = "openid generate";
        Assert.Equal(StatusCode.OK, (await ListAsync(closed.Sign(scopes))).StatusCode);
    }

    [Fact]
    public async Task Token_OfASubjectThatIsNamedAsAKey_IsAnotherCaller()
    {
        var keys = new Protocol.V1.Jobs.JobsClient(closed.Gateway.As(closed.GenerateKey));
        var token = closed.Sign(ClosedGateway.Describe("painter", "generate"));
        var tokens = new Protocol.V1.Jobs.JobsClient(closed.Gateway.As(token));
        await keys.SubmitJobAsync(
            new SubmitJobRequest { Id = "own", Request = new GenerateRequest { Labels = { "1" } } });
        var missing = await Assert.ThrowsAsync<RpcException>(
            async () => await tokens.GetJobAsync(new GetJobRequest { Id = "own" }));
        Assert.Equal(StatusCode.NotFound, missing.StatusCode);
        Assert.Empty((await tokens.ListJobsAsync(new ListJobsRequest())).Jobs);
    }

    [Fact]
    public async Task Subject_OfAnyText_OwnsItsJobs()
    {
        foreach (var subject in new[] { "a/../b", "ä@x", "~", new string('x', 500) })
        {
            var token = closed.Sign(ClosedGateway.Describe(subject, "generate"));
            var jobs = new Protocol.V1.Jobs.JobsClient(closed.Gateway.As(token));
            await jobs.SubmitJobAsync(
                new SubmitJobRequest { Id = "own", Request = new GenerateRequest { Labels = { "1" } } });
            Assert.Equal(["own"], (await jobs.ListJobsAsync(new ListJobsRequest())).Jobs.Select(job => job.Id));
        }
    }

    public static TheoryData<string> Kinds => [.. Forgeries(null!).Keys];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Token_ThatDoesNotCount_IsRefusedWithTheReason(string kind)
    {
        var (token, reason) = Forgeries(closed)[kind]();
        var refused = await ListAsync(token);
        Assert.Equal((StatusCode.Unauthenticated, reason), (refused.StatusCode, refused.Detail));
    }

    [Theory]
    [InlineData("{}", "which has no key")]
    [InlineData("{", "which is no JWK set")]
    [InlineData("", "which has no key")]
    [InlineData("""{"keys":[{"kty":"oct","k":"c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"}]}""", "which has no key")]
    public void SigningKeys_ThatAreNone_AreRefused(string text, string problem)
        => Assert.StartsWith(
            problem, Assert.Throws<SigningKeyException>(() => SigningKeys.Parse(text)).Message,
            StringComparison.Ordinal);

    [Fact]
    public void SigningKeys_ThatArePublic_AreRead()
    {
        using var rsa = RSA.Create(2048);
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        var keys = SigningKeys.Parse(
            $"{rsa.ExportSubjectPublicKeyInfoPem()}\n{other.ExportSubjectPublicKeyInfoPem()}\n");
        Assert.Equal([typeof(RsaSecurityKey), typeof(ECDsaSecurityKey)], keys.Select(key => key.GetType()));
        var set = JsonWebKeyConverter.ConvertFromRSASecurityKey(new RsaSecurityKey(rsa.ExportParameters(false)));
        Assert.Single(SigningKeys.Parse($$"""{"keys":[{"kty":"RSA","n":"{{set.N}}","e":"{{set.E}}"}]}"""));
        Assert.StartsWith(
            "which has a EC PRIVATE KEY",
            Assert.Throws<SigningKeyException>(() => SigningKeys.Parse(other.ExportECPrivateKeyPem())).Message,
            StringComparison.Ordinal);
    }

    private static Dictionary<string, Func<(string Token, string Reason)>> Forgeries(ClosedGateway closed) => new()
    {
        ["expired"] = () => (
            closed.Sign(With(token => token.Expires = token.NotBefore!.Value.AddMinutes(30))),
            "The token has expired."),
        ["not yet valid"] = () => (
            closed.Sign(With(token => token.NotBefore = token.Expires!.Value.AddMinutes(-30))),
            "The token is not valid yet."),
        ["without an end"] = () => (
            closed.Sign(With(token => token.Expires = null)), "The token cannot be trusted."),
        ["for another audience"] = () => (
            closed.Sign(With(token => token.Audience = "other")), "The token is for another audience."),
        ["of another issuer"] = () => (
            closed.Sign(With(token => token.Issuer = "other")), "The token is of another issuer."),
        ["without a subject"] = () => (closed.Sign(With(token => token.Claims.Remove("sub"))), "The token has no sub."),
        ["unsigned"] = () => (ClosedGateway.Write(With(_ => { })), "The token cannot be trusted."),
        ["signed by another"] = () => (
            ClosedGateway.Write(With(token => token.SigningCredentials = Foreign())), "The token cannot be trusted."),
        ["signed with the public key as a secret"] = () => (
            ClosedGateway.Write(With(token => token.SigningCredentials = new SigningCredentials(
                new SymmetricSecurityKey(Encoding.UTF8.GetBytes(closed.PublicKey)), SecurityAlgorithms.HmacSha256))),
            "The token cannot be trusted."),
        ["cut"] = () => (
            closed.Sign(With(_ => { }))[..^5], "The token cannot be trusted."),
    };

    private static SecurityTokenDescriptor With(Action<SecurityTokenDescriptor> change)
    {
        var token = ClosedGateway.Describe("someone", "generate");
        change(token);
        return token;
    }

    private static SigningCredentials Foreign()
        => new(
            new ECDsaSecurityKey(ECDsa.Create(ECCurve.NamedCurves.nistP256)), SecurityAlgorithms.EcdsaSha256);

    private async Task<Status> ListAsync(string token)
    {
        try
        {
            await new Generation.GenerationClient(closed.Gateway.As(token)).ListModelsAsync(new ListModelsRequest());
            return Status.DefaultSuccess;
        }
        catch (RpcException error)
        {
            return error.Status;
        }
    }
}
