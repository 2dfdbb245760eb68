using System.Diagnostics.Metrics;
using CoDe.Gateway.Lanes;
using CoDe.Gateway.Replicas;
using Microsoft.Extensions.Logging.Abstractions;

namespace CoDe.Gateway.Tests.Lanes;

/// <summary>Pipelines without a host.</summary>
internal static class PipelineOf
{
    public static GenerationPipeline Pools(
        ReplicaPool drafters, ReplicaPool refiners, AdmissionQueue queue, TimeSpan batchDelay, TimeProvider time)
    {
        var overlap = new StageOverlap(time);
        var metrics = new LaneMetrics(new Meters(), queue, overlap);
        return new GenerationPipeline(
            queue, drafters, refiners, 8, batchDelay, time, metrics, overlap, new BatchHistory(time),
            NullLogger<GenerationPipeline>.Instance);
    }

    private sealed class Meters : IMeterFactory
    {
        public Meter Create(MeterOptions options) => new(options);

        public void Dispose()
        {
        }
    }
}
