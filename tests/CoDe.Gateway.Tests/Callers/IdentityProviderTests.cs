using CoDe.Protocol.V1;
using Grpc.Core;
using Xunit;

namespace CoDe.Gateway.Tests.Callers;

/// <summary>Callers with tokens of a provider, whose metadata the gateway asks for its keys.</summary>
public sealed class IdentityProviderTests : IAsyncLifetime
{
    private StageDouble _stage = null!;
    private IdentityProvider _provider = null!;
    private GatewayServer _gateway = null!;

    public async Task InitializeAsync()
    {
        _stage = await StageDouble.StartAsync();
        _provider = await IdentityProvider.StartAsync();
        _gateway = await GatewayServer.StartAsync(
            [_stage.Address], [_stage.Address], $"--Gateway:Callers:Jwt:Authority={_provider.Address}",
            $"--Gateway:Callers:Jwt:Audience={ClosedGateway.Audience}");
    }

    public async Task DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _provider.DisposeAsync();
        await _stage.DisposeAsync();
    }

    [Fact]
    public async Task Token_OfTheProvider_IsTakenWithItsRoles()
    {
        Assert.Equal(StatusCode.OK, (await ListAsync(_provider.Sign("someone", "generate"))).StatusCode);
        Assert.Equal(StatusCode.PermissionDenied, (await ListAsync(_provider.Sign("someone", "other"))).StatusCode);
    }

    [Fact]
    public async Task Token_OfAnotherProvider_IsRefused()
    {
        await using var other = await IdentityProvider.StartAsync();
        var refused = await ListAsync(other.Sign("someone", "generate"));
        Assert.Equal(StatusCode.Unauthenticated, refused.StatusCode);
    }

    [Fact]
    public async Task Token_SignedWithANewKeyOfTheProvider_IsTaken()
    {
        Assert.Equal(StatusCode.OK, (await ListAsync(_provider.Sign("someone", "generate"))).StatusCode);
        var old = _provider.Sign("someone", "generate");
        _provider.Rotate();
        var token = _provider.Sign("someone", "generate");

        // The keys are asked for anew beside the call that finds none that fits.
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while ((await ListAsync(token)).StatusCode != StatusCode.OK)
        {
            await Task.Delay(20, patience.Token);
        }

        Assert.Equal(StatusCode.Unauthenticated, (await ListAsync(old)).StatusCode);
    }

    [Fact]
    public async Task Token_WhileTheProviderCannotBeAsked_CannotBeCheckedYet()
    {
        _provider.IsDown = true;
        var refused = await ListAsync(_provider.Sign("someone", "generate"));
        Assert.Equal(
            (StatusCode.Unavailable, "The identity provider gives no keys now; try again later."),
            (refused.StatusCode, refused.Detail));
        _provider.IsDown = false;
        Assert.Equal(StatusCode.OK, (await ListAsync(_provider.Sign("someone", "generate"))).StatusCode);
    }

    private async Task<Status> ListAsync(string token)
    {
        try
        {
            await new Generation.GenerationClient(_gateway.As(token)).ListModelsAsync(new ListModelsRequest());
            return Status.DefaultSuccess;
        }
        catch (RpcException error)
        {
            return error.Status;
        }
    }
}
