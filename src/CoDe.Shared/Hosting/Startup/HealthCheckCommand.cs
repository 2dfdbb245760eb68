using System.Net;
using CoDe.Hosting.Options;
using CoDe.Hosting.Tls;
using CoDe.Protocol;
using Microsoft.Extensions.Configuration;

namespace CoDe.Hosting.Startup;

/// <summary>
/// Runs <c>--healthcheck</c>: asks the running service of the same configuration for its health, so that a container
/// needs no further program.
/// </summary>
internal static class HealthCheckCommand
{
    public const string Argument = "--healthcheck";

    /// <returns>The exit code: 0 if it serves, else 1 with one line on the error stream.</returns>
    public static async Task<int> RunAsync(string name, int defaultPort, string[] args)
    {
        if (await ObstacleAsync(name, defaultPort, args).ConfigureAwait(false) is not { } obstacle)
        {
            return 0;
        }

        await Console.Error.WriteLineAsync($"{name}: not serving: {obstacle}").ConfigureAwait(false);
        return 1;
    }

    private static async Task<string?> ObstacleAsync(string name, int defaultPort, string[] args)
    {
        try
        {
            var configuration = ServiceDefaults.CreateBuilder(args).Configuration;
            var section = configuration.GetSection(name);
            var endpoint = new IPEndPoint(Reachable(section["Host"]), section.GetValue("Port", defaultPort));
            return await ObstacleAsync(endpoint, CertificateOf(section, configuration)).ConfigureAwait(false);
        }
        catch (Exception error) when (
            error is InvalidOperationException or OptionsException || TlsFiles.IsOfFiles(error))
        {
            return error.Message;
        }
    }

    /// <summary>Asks a service, which presents and accepts its own certificate where it has one.</summary>
    private static Task<string?> ObstacleAsync(IPEndPoint endpoint, ServiceCertificate? certificate)
    {
        if (certificate is null)
        {
            return HealthProbe.ObstacleAsync($"http://{endpoint}");
        }

        var tls = PeerTls.ToItself(certificate);
        return HealthProbe.ObstacleAsync(
            $"https://{endpoint}", (address, token) => tls.ConnectAsync(address, address.Host, token));
    }

    private static ServiceCertificate? CertificateOf(IConfigurationSection section, ConfigurationManager configuration)
    {
        var options = new TlsOptions();
        section.GetSection(nameof(ServiceOptions.Tls)).Bind(options);
        return CertificateSource.Find(options, configuration)?.Read();
    }

    private static IPAddress Reachable(string? host)
    {
        var isAddress = IPAddress.TryParse(host, out var address);
        var isAny = !isAddress || IPAddress.Any.Equals(address) || IPAddress.IPv6Any.Equals(address);
        return isAny ? IPAddress.Loopback : address!;
    }
}
