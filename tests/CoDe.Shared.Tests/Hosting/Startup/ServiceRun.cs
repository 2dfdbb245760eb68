using CoDe.Drafter;
using CoDe.Gateway;
using CoDe.Hosting.Options;
using CoDe.Hosting.Startup;
using CoDe.Refiner;
using CoDe.Worker;
using Microsoft.AspNetCore.Builder;
using Xunit;

namespace CoDe.Shared.Tests.Hosting.Startup;

/// <summary>A service as its program runs it.</summary>
internal sealed record ServiceProgram(
    string Name, IEnumerable<OptionRow> Settings, Func<string[], WebApplication> Create);

/// <summary>Runs a service to its end, in this process, and keeps what it wrote.</summary>
internal static class ServiceRun
{
    public static IReadOnlyList<ServiceProgram> Programs { get; } =
    [
        new("drafter", DrafterHost.Settings(), DrafterHost.Create),
        new("refiner", RefinerHost.Settings(), RefinerHost.Create),
        new("worker", WorkerHost.Settings(), WorkerHost.Create),
        new("gateway", GatewayHost.AllSettings(), GatewayHost.Create),
    ];

    public static async Task<(int Code, string Output, string Error)> RunAsync(ServiceProgram program, string[] args)
    {
        var (output, error) = (Console.Out, Console.Error);
        using var said = new StringWriter();
        using var complained = new StringWriter();
        Console.SetOut(said);
        Console.SetError(complained);
        try
        {
            return (
                await ServiceHost.RunAsync(program.Name, 0, args, program.Settings, program.Create),
                said.ToString(), complained.ToString());
        }
        finally
        {
            Console.SetOut(output);
            Console.SetError(error);
        }
    }

    /// <summary>Asserts that it ends with exit code 1 and one line that names the error.</summary>
    public static async Task AssertOneLineAsync(string name, string[] args, string message)
    {
        var (code, _, error) = await RunAsync(
            Programs.Single(program => program.Name == name), [.. args, "--Logging:LogLevel:Default=None"]);
        Assert.Equal(1, code);
        var line = Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith($"{name}: ", line, StringComparison.Ordinal);
        Assert.Contains(message, line, StringComparison.OrdinalIgnoreCase);
    }
}
