using System.CommandLine;
using CoDe.Cli.Options;
using CoDe.Cli.Plots;
using CoDe.Engine.Compute;
using CoDe.Engine.Compute.Torch;
using CoDe.Engine.Training.Data;
using CoDe.Engine.Training.Running;

namespace CoDe.Cli.Train;

/// <summary>Options that all trainings have.</summary>
/// <param name="defaults">What suits the model.</param>
internal sealed class TrainingOptions(TrainingPlan defaults)
{
    private const int LargestBatch = 65_536;

    private readonly Option<string> _data = new("--data")
    {
        Description = "Folder with a folder of pictures for each class.",
        Required = true,
    };

    private readonly Option<string> _output = OutputOption.Create(
        "Folder for the model and the state, from which the run goes on when it is started again.");

    private readonly Option<double> _epochs = NumberOption.Real(
        "--epochs", "Passes over the pictures.", defaults.Epochs);

    private readonly Option<int> _batch = NumberOption.Integer(
        "--batch", "Pictures computed together.", defaults.Batch);

    private readonly Option<int> _accumulate = NumberOption.Integer(
        "--accumulate", "Batches a step.", defaults.Accumulation);

    private readonly Option<double> _rate = NumberOption.Real(
        "--rate", "Learning rate for 256 pictures a step; it grows with their number.", defaults.BaseRate);

    private readonly Option<double> _warmUp = NumberOption.Real(
        "--warm-up", "Share of the steps in which the rate rises, before it falls as a cosine.", defaults.WarmUp);

    private readonly Option<double> _decay = NumberOption.Real(
        "--weight-decay", "Weight decay of AdamW.", defaults.WeightDecay);

    private readonly Option<double> _clip = NumberOption.Real(
        "--clip", "Largest norm of the gradients; 0 for any.", defaults.Clip);

    private readonly Option<double> _average = NumberOption.Real(
        "--average", "Decay of a moving average of the weights, which is written; 0 for none.", defaults.Average);

    private readonly Option<ulong> _seed = NumberOption.Integer(
        "--seed", "Decides first weights, order and dropped labels.", defaults.Seed);

    private readonly Option<double> _saveMinutes = NumberOption.Real(
        "--save-minutes", "Minutes between saved states; 0 to save after every step.", 5);

    private readonly Option<string> _device = new("--device")
    {
        Description = "Device: torch (libtorch on the CPU) or cuda:N (libtorch on GPU N).",
        DefaultValueFactory = _ => "torch",
    };

    private readonly Option<string> _precision = new("--precision")
    {
        Description = "f32; bf16: products and attention in bfloat16.",
        DefaultValueFactory = _ => "f32",
    };

    private readonly Option<int> _threads = NumberOption.Integer(
        "--threads", "Threads of the CPU; 0 for one a core.", 0);

    private readonly WeightTypeOption _type = new();
    private readonly PlotOption _plot = new("Loss over the steps");

    public void AddTo(Command command)
    {
        _precision.AcceptOnlyFromAmong("f32", "bf16");
        Option[] all =
        [
            _data, _output, _epochs, _batch, _accumulate, _rate, _warmUp, _decay, _clip, _average, _seed,
            _saveMinutes, _device, _precision, _threads,
        ];
        foreach (var option in all)
        {
            command.Add(option);
        }

        _type.AddTo(command);
        _plot.AddTo(command);
    }

    /// <exception cref="UsageException">A value is out of its range.</exception>
    /// <exception cref="CoDe.Flow.InvalidSettingException">The pictures are not where they should be.</exception>
    public TrainingSettings Read(ParseResult result)
    {
        var device = Options.DeviceOptions.Read(new Engine.Serving.DeviceOptions
        {
            Name = result.GetValue(_device)!,
            Precision = result.GetValue(_precision)!,
            Threads = result.GetValue(_threads),
        });
        var torch = device.ForTorch()
            ?? throw new UsageException($"--device is {device.Name}; allowed: torch, cuda:N.");
        _plot.Prepare(result);
        return new TrainingSettings(
            Plan(result), ImageFolder.Read(result.GetValue(_data)!), result.GetValue(_output)!, torch,
            TimeSpan.FromMinutes(Within(result, _saveMinutes, 0, 1e6)), _type.Read(result),
            losses => _plot.Write(result, () => [LossPlot.Of(losses)]));
    }

    private TrainingPlan Plan(ParseResult result) => new(
        Within(result, _epochs, 1e-6, 1e6),
        Limits.InRange(_batch.Name, result.GetValue(_batch), LargestBatch),
        Limits.InRange(_accumulate.Name, result.GetValue(_accumulate), LargestBatch),
        Within(result, _rate, 0, 1), Within(result, _decay, 0, 10), Within(result, _warmUp, 0, 1),
        Within(result, _clip, 0, 1e6), Within(result, _average, 0, 0.999999), result.GetValue(_seed));

    /// <exception cref="UsageException">The value is not in the range.</exception>
    public static double Within(ParseResult result, Option<double> option, double least, double most)
        => result.GetValue(option) is var value && value >= least && value <= most
            ? value
            : throw new UsageException(FormattableString.Invariant(
                $"{option.Name} is {value}; allowed: {least} to {most}."));
}

/// <param name="Plot">Draws the losses where the user asks for it.</param>
internal sealed record TrainingSettings(
    TrainingPlan Plan, TrainingImages Images, string Output, TorchOptions Device, TimeSpan SaveInterval,
    ElementType Type, Action<IReadOnlyList<float>> Plot);
