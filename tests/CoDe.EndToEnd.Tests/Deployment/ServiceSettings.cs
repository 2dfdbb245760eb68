using System.Text.RegularExpressions;
using CoDe.Drafter;
using CoDe.Gateway;
using CoDe.Hosting.Options;
using CoDe.Refiner;
using CoDe.Worker;
using Xunit;

namespace CoDe.EndToEnd.Deployment;

/// <summary>Settings of the services, and of programs that are not ours none.</summary>
internal static partial class ServiceSettings
{
    private static readonly Dictionary<string, OptionRow[]> Settings = new()
    {
        ["gateway"] = [.. GatewayHost.AllSettings()],
        ["drafter"] = [.. DrafterHost.Settings()],
        ["refiner"] = [.. RefinerHost.Settings()],
        ["worker"] = [.. WorkerHost.Settings()],
        ["redis"] = [],
    };

    /// <summary>Checks that an environment variable is a setting of a service.</summary>
    public static void AssertKnown(string variable, string service)
    {
        // The settings have the first index of each list.
        var key = Index().Replace(variable.Replace("__", ":", StringComparison.Ordinal), ":0");
        Assert.Contains(key, Settings[service].Select(row => row.Key));
    }

    public static string DefaultOf(string service, string field)
        => Settings[service].Single(row => row.Key.Equals($"{service}:{field}", StringComparison.OrdinalIgnoreCase))
            .Default;

    [GeneratedRegex(@":\d+(?=:|$)")]
    private static partial Regex Index();
}
