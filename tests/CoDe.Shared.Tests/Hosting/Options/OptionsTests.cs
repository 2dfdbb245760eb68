using CoDe.Engine.Serving;
using CoDe.Hosting.Options;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Xunit;

namespace CoDe.Shared.Tests.Hosting.Options;

/// <summary>Options as components get them.</summary>
public sealed class OptionsTests
{
    [Fact]
    public async Task Options_OfAService_AreItsDefaultsAndWhatIsConfigured()
    {
        var builder = WebApplication.CreateSlimBuilder(["--Drafter:LargestBatch=3", "--Drafter:Models:0:Name=a"]);
        builder.Configuration["Drafter:Models:0:Checkpoint"] = "b";
        builder.Configuration["Drafter:Models:0:Vqvae"] = "c";
        var read = builder.AddServiceOptions("Drafter", Defaults());
        await using var app = builder.Build();

        var options = app.Services.GetRequiredService<IOptions<StageOptions>>().Value;

        Assert.Equal((7, 3, "a"), (options.Port, options.LargestBatch, Assert.Single(options.Models).Name));
        Assert.Same(read, options);
    }

    [Fact]
    public void Options_WithSeveralFaults_NamesAllProblems()
    {
        var builder = WebApplication.CreateSlimBuilder([]);
        builder.Configuration["Drafter:LargestBatch"] = "0";
        builder.Configuration["Drafter:HttpPort"] = "many";

        var error = Assert.Throws<OptionsException>(() => builder.AddServiceOptions("Drafter", Defaults()));

        Assert.Equal(
            "Drafter:LargestBatch is 0; allowed: 1 to 256; "
                + "Drafter:HttpPort is many; allowed: 1 to 65535 except Drafter:Port, 0 for any free port, or off",
            error.Message);
    }

    private static StageOptions Defaults() => new() { Port = 7 };
}
