using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Reflection.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Xunit;
using Alpha = Grpc.Reflection.V1Alpha;

namespace CoDe.Tests.Rpc;

public sealed class ReflectionTests
{
    private static readonly string[] Services =
        ["grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection", "grpc.testing.TestService"];

    [Fact]
    public async Task ListServices_NamesAllThatAreMapped_InBothVersions()
    {
        await using var server = await StartAsync();
        var response = await AskAsync(server, new ServerReflectionRequest { Host = "me", ListServices = "*" });
        Assert.Equal(Services, response.ListServicesResponse.Service.Select(service => service.Name));
        Assert.Equal("me", response.ValidHost);

        using var alpha = new Alpha.ServerReflection.ServerReflectionClient(server.Channel).ServerReflectionInfo();
        await alpha.RequestStream.WriteAsync(new Alpha.ServerReflectionRequest { ListServices = "*" });
        Assert.True(await alpha.ResponseStream.MoveNext(default));
        Assert.Equal(Services, alpha.ResponseStream.Current.ListServicesResponse.Service.Select(service => service.Name));
    }

    [Theory]
    [InlineData("grpc.testing.TestService")]
    [InlineData("grpc.testing.TestService.UnaryCall")]
    [InlineData("grpc.testing.SimpleRequest")]
    [InlineData("grpc.testing.SimpleRequest.payload")]
    [InlineData("grpc.testing.PayloadType")]
    public async Task FileContainingSymbol_IsTheFile(string symbol)
    {
        await using var server = await StartAsync();
        var response = await AskAsync(server, new ServerReflectionRequest { FileContainingSymbol = symbol });
        var file = FileDescriptorProto.Parser.ParseFrom(Assert.Single(response.FileDescriptorResponse.FileDescriptorProto));
        Assert.Equal("grpc/testing/test.proto", file.Name);
        Assert.Equal(file, FileDescriptorProto.Parser.ParseFrom((await AskAsync(server, new ServerReflectionRequest { FileByFilename = file.Name })).FileDescriptorResponse.FileDescriptorProto[0]));
    }

    [Fact]
    public async Task WhatIsNotThere_IsAnError()
    {
        await using var server = await StartAsync();
        Assert.Equal((int)StatusCode.NotFound, (await AskAsync(server, new ServerReflectionRequest { FileContainingSymbol = "no.Such" })).ErrorResponse.ErrorCode);
        Assert.Equal((int)StatusCode.NotFound, (await AskAsync(server, new ServerReflectionRequest { FileByFilename = "no.proto" })).ErrorResponse.ErrorCode);
        Assert.Equal((int)StatusCode.NotFound, (await AskAsync(server, new ServerReflectionRequest { FileContainingExtension = new ExtensionRequest { ContainingType = "no.Such", ExtensionNumber = 1 } })).ErrorResponse.ErrorCode);
        Assert.Equal((int)StatusCode.InvalidArgument, (await AskAsync(server, new ServerReflectionRequest())).ErrorResponse.ErrorCode);
        Assert.Empty((await AskAsync(server, new ServerReflectionRequest { AllExtensionNumbersOfType = "grpc.testing.Payload" })).AllExtensionNumbersResponse.ExtensionNumber);
    }

    private static Task<RpcServer> StartAsync() => RpcServer.StartAsync(
        new ScriptedService(),
        services: services =>
        {
            services.AddGrpcHealthChecks();
            services.AddGrpcReflection();
        },
        map: app =>
        {
            app.MapGrpcHealthChecksService();
            app.MapGrpcReflectionService();
        });

    private static async Task<ServerReflectionResponse> AskAsync(RpcServer server, ServerReflectionRequest request)
    {
        using var call = new ServerReflection.ServerReflectionClient(server.Channel).ServerReflectionInfo();
        await call.RequestStream.WriteAsync(request);
        Assert.True(await call.ResponseStream.MoveNext(default));
        return call.ResponseStream.Current;
    }
}
