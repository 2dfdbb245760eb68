using CoDe.Drafter;
using CoDe.Engine.Serving;
using CoDe.Hosting.Lifecycle;
using CoDe.Hosting.Startup;
using CoDe.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace CoDe.Shared.Tests.Hosting.Startup;

/// <summary>Any exception of a service that starts or loads ends it in one line.</summary>
public sealed class ErrorLineTests
{
    public static TheoryData<int> Kinds() => [.. Enumerable.Range(0, ExceptionKinds.All.Count)];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Service_ThatThrowsAtItsStart_EndsInOneLine(int kind)
        => await AssertOneLineAsync(_ => throw ExceptionKinds.All[kind]);

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Service_ThatThrowsWhileItLoads_EndsInOneLine(int kind)
        => await AssertOneLineAsync(_ =>
        {
            var builder = WebApplication.CreateSlimBuilder(["--Logging:LogLevel:Default=None"]);
            var options = new StageOptions { Host = "127.0.0.1" };
            builder.AddServiceDefaults(null, options);
            builder.Services.AddSingleton<ILoading>(new FailingPart(ExceptionKinds.All[kind]));
            var app = builder.Build();
            app.MapServiceDefaults(options);
            return app;
        });

    private static async Task AssertOneLineAsync(Func<string[], WebApplication> create)
    {
        var program = new ServiceProgram("drafter", DrafterHost.Settings(), create);
        var (code, _, error) = await ServiceRun.RunAsync(program, []);
        Assert.NotEqual(0, code);
        var line = Assert.Single(error.Split(["\r", "\n"], StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("drafter: ", line, StringComparison.Ordinal);
    }

    private sealed class FailingPart(Exception error) : ILoading
    {
        public Task LoadAsync(CancellationToken cancellation) => Task.FromException(error);
    }
}
