using Microsoft.Extensions.Configuration;
using OpenTelemetry.Exporter;

namespace CoDe.Telemetry;

/// <summary>
/// OTLP settings of one signal: its own variables go before those of all signals, which the exporter reads itself.
/// </summary>
/// <param name="signal">TRACES, METRICS or LOGS.</param>
internal sealed class OtlpSettings(IConfiguration configuration, string signal)
{
    private const string Prefix = "OTEL_EXPORTER_OTLP_";

    private readonly string? _endpoint = Value(configuration, $"{Prefix}{signal}_ENDPOINT");

    /// <summary>True if an endpoint for the signal is configured.</summary>
    public bool IsSet => _endpoint is not null || Value(configuration, $"{Prefix}ENDPOINT") is not null;

    public void Apply(OtlpExporterOptions options)
    {
        if (_endpoint is not null)
        {
            options.Endpoint = new Uri(_endpoint);
        }

        if (Value(configuration, $"{Prefix}{signal}_PROTOCOL") is { } protocol)
        {
            options.Protocol = protocol == "http/protobuf" ? OtlpExportProtocol.HttpProtobuf : OtlpExportProtocol.Grpc;
        }

        if (Value(configuration, $"{Prefix}{signal}_HEADERS") is { } headers)
        {
            options.Headers = headers;
        }
    }

    private static string? Value(IConfiguration configuration, string name)
        => configuration[name] is { Length: > 0 } value ? value : null;
}
