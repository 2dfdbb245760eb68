using System.Diagnostics;
using CoDe.Cli.Options;
using CoDe.Engine.Stages;
using CoDe.Engine.Training;
using CoDe.Engine.Training.Data;
using CoDe.Engine.Training.Running;
using CoDe.Engine.Vqvae;
using CoDe.Engine.Weights;
using CoDe.Flow;

namespace CoDe.Cli.Train;

/// <summary>One training: its output folder, tokens, progress and model file.</summary>
internal sealed class TrainingSession(TrainingSettings settings, CancellationToken cancellation)
{
    private const string StateFile = "training.state";
    private const string TokenFolder = "tokens";

    private readonly TrainingProgress _progress = TrainingProgress.Start();

    /// <param name="name">File of the model, without its ending.</param>
    /// <param name="facts">What must be the same when the run goes on, besides pictures and plan.</param>
    /// <param name="create">Makes the model; called on the thread that trains.</param>
    public void Run(
        string name, IReadOnlyDictionary<string, string> facts,
        Func<TrainingSession, TrainingDevice, TrainingTask> create)
    {
        // Before the pictures are looked at: without libtorch nothing is done.
        var device = TrainingDevice.Open(settings.Device);
        OutputFolder.Prepare(settings.Output);
        using var alone = FolderLock.Take(settings.Output);
        DeletePartialFiles();
        var model = Path.Combine(settings.Output, $"{name}.safetensors");
        _progress.Run(() => TrainingDevice.Run(() => Train(model, device, facts, create)));
        Console.Out.WriteLine(FormattableString.Invariant(
            $"{model}: {new FileInfo(model).Length / 1048576.0:0.0} MiB"));
    }

    /// <summary>Finds the tokens of all pictures, those that are cached without computing them.</summary>
    /// <param name="weights">Digest of the VQVAE's weights.</param>
    public TokenSet Tokens(Checkpoint vqvae, string weights, ScaleSchedule schedule)
    {
        var digest = WeightDigest.Combine(weights, $"{schedule}", settings.Images.Digest());
        var folder = Path.Combine(settings.Output, TokenFolder);
        Directory.CreateDirectory(folder);

        // Made only where a picture has no tokens. It decodes on a thread of its own, since it turns gradients off.
        var encoder = new Lazy<TokenEncoder>(() => new TokenEncoder(settings, vqvae, schedule));
        try
        {
            TokenSet? tokens = null;
            TrainingDevice.Run(() => tokens = TokenCache.Open(
                folder, digest, settings.Images, schedule.TotalTokens, image => encoder.Value.Encode(image),
                done => _progress.Encoded(done, settings.Images.Images.Count), cancellation));
            return tokens!;
        }
        finally
        {
            if (encoder.IsValueCreated)
            {
                encoder.Value.Dispose();
            }
        }
    }

    /// <summary>Deletes what runs left that were killed while they saved: a state may have gigabytes.</summary>
    private void DeletePartialFiles()
    {
        foreach (var file in Directory.GetFiles(settings.Output, "*" + WholeFile.Partial))
        {
            File.Delete(file);
        }
    }

    private void Train(
        string model, TrainingDevice device, IReadOnlyDictionary<string, string> facts,
        Func<TrainingSession, TrainingDevice, TrainingTask> create)
    {
        using var task = create(this, device);
        var all = new Dictionary<string, string>(facts)
        {
            ["pictures"] = settings.Images.Digest(),
            ["precision"] = $"{settings.Device.Type}",
        };
        using var run = new TrainingRun(task, settings.Plan, Path.Combine(settings.Output, StateFile), all);
        var saved = Stopwatch.GetTimestamp();
        run.Run(_progress.Stepped, IsSaveDue, cancellation);
        run.WriteModel(model, settings.Type);
        var names = string.Concat(settings.Images.Classes.Select(name => name + "\n"));
        WholeFile.Write(
            Path.Combine(settings.Output, ClassNames.FileName), System.Text.Encoding.UTF8.GetBytes(names));
        settings.Plot(run.Losses);

        bool IsSaveDue()
        {
            var isDue = Stopwatch.GetElapsedTime(saved) >= settings.SaveInterval;
            saved = isDue ? Stopwatch.GetTimestamp() : saved;
            return isDue;
        }
    }

    /// <summary>Encodes pictures with the decoder's own VQVAE, on the CPU or the GPU that trains.</summary>
    private sealed class TokenEncoder : IDisposable
    {
        private readonly TrainingSettings _settings;
        private readonly Engine.Compute.IBackend _backend;
        private readonly VqvaeWeights _weights;
        private readonly EncodeStage _encode;

        public TokenEncoder(TrainingSettings settings, Checkpoint vqvae, ScaleSchedule schedule)
        {
            _settings = settings;
            var name = settings.Device.Gpu is { } gpu ? FormattableString.Invariant($"cuda:{gpu}") : "cpu";
            _backend = new Engine.Serving.DeviceOptions { Name = name, Threads = settings.Device.Threads }.Create();
            _weights = VqvaeWeights.Load(_backend, vqvae, VqvaeParts.Encoder);
            _encode = new EncodeStage(_backend, _weights, schedule);
        }

        public IEnumerable<ushort> Encode(int image)
            => _encode.Run(_settings.Images.Read(image, _encode.Side)).TokenMaps.SelectMany(map => map.Tokens);

        public void Dispose()
        {
            _encode.Dispose();
            _weights.Dispose();
            _backend.Dispose();
        }
    }
}
