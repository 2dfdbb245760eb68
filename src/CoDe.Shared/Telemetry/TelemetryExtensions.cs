using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace CoDe.Telemetry;

/// <summary>
/// Exports metrics, traces and logs with OpenTelemetry. A signal that nobody receives is not set up, so it costs
/// nothing.
/// </summary>
public static class TelemetryExtensions
{
    /// <summary>Path of the metrics in the text format of Prometheus.</summary>
    public const string MetricsPath = "/metrics";

    /// <param name="service">Name in telemetry: code-gateway, code-drafter, code-refiner or code-worker.</param>
    /// <param name="servesMetrics">Whether <see cref="MapMetrics"/> will be called.</param>
    public static void AddTelemetry(this WebApplicationBuilder builder, string service, bool servesMetrics)
    {
        var traces = new OtlpSettings(builder.Configuration, "TRACES");
        var metrics = new OtlpSettings(builder.Configuration, "METRICS");
        var logs = new OtlpSettings(builder.Configuration, "LOGS");
        if (!servesMetrics && !traces.IsSet && !metrics.IsSet && !logs.IsSet)
        {
            return;
        }

        // OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES, where set, come last and so have their way.
        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(service).AddEnvironmentVariableDetector());
        if (servesMetrics || metrics.IsSet)
        {
            telemetry.AddMetrics(metrics, servesMetrics);
        }

        if (traces.IsSet)
        {
            telemetry.AddTraces(traces);
        }

        if (logs.IsSet)
        {
            telemetry.WithLogging(
                logging => logging.AddOtlpExporter(logs.Apply), options => options.IncludeFormattedMessage = true);
        }
    }

    /// <summary>Serves the metrics to Prometheus. Needs HTTP/1.1, which Prometheus speaks without TLS.</summary>
    public static IEndpointConventionBuilder MapMetrics(this IEndpointRouteBuilder endpoints)
        => endpoints.MapPrometheusScrapingEndpoint(MetricsPath);

    private static void AddMetrics(this OpenTelemetryBuilder telemetry, OtlpSettings otlp, bool servesMetrics)
        => telemetry.WithMetrics(metrics =>
        {
            metrics.AddMeter(MeterNames.All);
            metrics.AddAspNetCoreInstrumentation();
            metrics.AddRuntimeInstrumentation();
            if (servesMetrics)
            {
                metrics.AddPrometheusExporter();
            }

            if (otlp.IsSet)
            {
                metrics.AddOtlpExporter(otlp.Apply);
            }
        });

    private static void AddTraces(this OpenTelemetryBuilder telemetry, OtlpSettings otlp)
        => telemetry.WithTracing(traces =>
        {
            traces.AddSource(ActivityNames.Source);
            traces.AddAspNetCoreInstrumentation(options => options.Filter = IsTraced);

            // The span of the gRPC call is enough; it passes the trace on itself.
            traces.AddGrpcClientInstrumentation(options => options.SuppressDownstreamInstrumentation = true);
            traces.AddOtlpExporter(otlp.Apply);
        });

    /// <summary>Leaves out probes and scrapes, which come every second and are no work.</summary>
    private static bool IsTraced(HttpContext http)
    {
        var path = http.Request.Path;
        return !path.StartsWithSegments(MetricsPath)
            && !path.StartsWithSegments("/health")
            && !path.StartsWithSegments("/grpc.health.v1.Health")
            && !path.Value!.EndsWith("/Status", StringComparison.Ordinal);
    }
}
