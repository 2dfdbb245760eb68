using System.Diagnostics;
using System.Diagnostics.Metrics;
using CoDe.Telemetry;

namespace CoDe.Engine.Serving;

/// <summary>Measures of the batches that a stage works on.</summary>
public sealed class StageMetrics
{
    private readonly Histogram<int> _size;
    private readonly Histogram<double> _duration;
    private readonly Histogram<double> _scale;

    public StageMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterNames.Engine);
        _size = meter.CreateHistogram(
            InstrumentNames.BatchSize, "{image}", "Images of a batch.", null, DurationBuckets.Images);
        _duration = meter.CreateHistogram(
            InstrumentNames.StageDuration,
            "s",
            "Time of a batch on the device, without waiting.",
            null,
            DurationBuckets.Seconds);
        _scale = meter.CreateHistogram(
            InstrumentNames.ScaleDuration,
            "s",
            "Time of a scale of a batch; the first of a refiner includes the prefix pass.",
            null,
            DurationBuckets.Seconds);
    }

    /// <summary>Starts to measure a batch, on the device's thread.</summary>
    public Batch Begin(string stage, string model, int images) => new(this, stage, model, images);

    /// <summary>A batch on the device.</summary>
    public sealed class Batch
    {
        private readonly StageMetrics _metrics;
        private readonly KeyValuePair<string, object?> _stage;
        private readonly KeyValuePair<string, object?> _model;
        private readonly int _images;
        private readonly long _started = Stopwatch.GetTimestamp();
        private long _scaleStarted;

        internal Batch(StageMetrics metrics, string stage, string model, int images)
        {
            _metrics = metrics;
            _stage = KeyValuePair.Create(TagNames.Stage, (object?)stage);
            _model = KeyValuePair.Create(TagNames.Model, (object?)model);
            _images = images;
            _scaleStarted = _started;
        }

        /// <summary>Begins a scale, where something else came before it.</summary>
        public void BeginScale() => _scaleStarted = Stopwatch.GetTimestamp();

        /// <param name="scale">From 1.</param>
        public void EndScale(int scale)
        {
            var now = Stopwatch.GetTimestamp();
            var seconds = Stopwatch.GetElapsedTime(_scaleStarted, now).TotalSeconds;
            _metrics._scale.Record(seconds, _stage, KeyValuePair.Create(TagNames.Scale, (object?)scale));
            _scaleStarted = now;
        }

        /// <summary>Records a batch that is done.</summary>
        public void End()
        {
            _metrics._size.Record(_images, _stage);
            _metrics._duration.Record(Stopwatch.GetElapsedTime(_started).TotalSeconds, _stage, _model);
        }
    }
}
