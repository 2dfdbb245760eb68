using CoDe.Engine.Compute;
using CoDe.Engine.Compute.Cpu;
using CoDe.Engine.Training;
using CoDe.Engine.Training.Data;
using CoDe.Engine.Training.Running;
using CoDe.Engine.Var;
using CoDe.Engine.Vqvae;
using CoDe.Engine.Weights;
using CoDe.Flow;
using CoDe.Testing;
using Xunit;
using static CoDe.Engine.Tests.Training.TinyTraining;
using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace CoDe.Engine.Tests.Training;

/// <summary>Runs: what they learn, what they write, and where they go on.</summary>
public sealed class TrainingRunTests : IDisposable
{
    private static readonly Dictionary<string, string> Settings = new() { ["model"] = "tiny" };

    private readonly string _folder = Directory.CreateTempSubdirectory("code-training-").FullName;

    public static TheoryData<string> Models() => ["vqvae", "var", "drafter", "refiner"];

    [TorchTheory]
    [MemberData(nameof(Models))]
    public void Run_StoppedAndGoingOn_EndsInTheWeightsOfOneThatWasNot(string model)
    {
        Prepare();
        var plan = new TrainingPlan(Epochs: 4, Batch: 2, Accumulation: 2, BaseRate: 0.5, Average: 0.9, Seed: Seed);
        Run(model, plan, "whole", stopAt: null);
        Assert.Throws<OperationCanceledException>(() => Run(model, plan, "parts", stopAt: 2));
        Assert.Throws<OperationCanceledException>(() => Run(model, plan, "parts", stopAt: 5));
        Run(model, plan, "parts", stopAt: null);
        Assert.Equal(File.ReadAllBytes(In("whole.safetensors")), File.ReadAllBytes(In("parts.safetensors")));
        Assert.Equal(File.ReadAllBytes(In("whole.state")), File.ReadAllBytes(In("parts.state")));
    }

    [TorchTheory]
    [InlineData("vqvae", 0.5)]
    [InlineData("var", 0.5)]
    [InlineData("drafter", 0.5)]
    public void Run_OnFewImages_LearnsThem(string model, double remaining)
    {
        Prepare();
        var losses = Run(model, new TrainingPlan(Epochs: 40, Batch: 6, BaseRate: 0.5, Seed: Seed), "model");
        Assert.InRange(losses[^1], 0, remaining * losses[0]);
    }

    [TorchFact]
    public void Run_InBFloat16_LearnsToo()
    {
        Prepare();
        var plan = new TrainingPlan(Epochs: 40, Batch: 6, BaseRate: 0.5, Seed: Seed);
        var losses = Run("var", plan, "model", type: ElementType.BFloat16);
        Assert.InRange(losses[^1], 0, 0.6 * losses[0]);
    }

    /// <summary>A student that is its teacher has nothing to learn from it, as long as lambda is 1.</summary>
    [TorchFact]
    public void Refiner_ThatIsItsTeacher_BeginsWithoutALoss()
    {
        Prepare();
        Run("var", new TrainingPlan(Epochs: 1, Batch: 6), "student");
        File.Copy(In("student.safetensors"), In("teacher.safetensors"), overwrite: true);
        var losses = Run("refiner", new TrainingPlan(Epochs: 3, Batch: 6), "refiner", dropped: 0.5);
        Assert.InRange(losses[0], -1e-6, 1e-6);
        Assert.InRange(losses[^1], 0.1, 10);
    }

    [TorchFact]
    public void Run_WithHalfBatches_IsThatWithWholeOnes()
    {
        Prepare();
        var plan = new TrainingPlan(Epochs: 2, Batch: 6, BaseRate: 0.01, Seed: Seed);
        var whole = Run("var", plan, "whole", dropped: 0.3);
        var halves = Run("var", plan with { Batch = 3, Accumulation = 2 }, "halves", dropped: 0.3);
        AssertClose([.. whole], [.. halves], 1e-5);
    }

    [TorchFact]
    public void Run_WithAnotherPlan_IsRefusedInOneLine()
    {
        Prepare();
        Run("var", new TrainingPlan(Epochs: 1, Batch: 6), "model");
        var error = Assert.Throws<TrainingException>(
            () => Run("var", new TrainingPlan(Epochs: 1, Batch: 6, BaseRate: 2), "model"));
        Assert.Contains("BaseRate = 0.0001", error.Message, StringComparison.Ordinal);
        Assert.Contains("BaseRate = 2", error.Message, StringComparison.Ordinal);
    }

    [TorchFact]
    public void Run_WithARateThatIsTooHigh_SaysSoInsteadOfWritingNaN()
    {
        Prepare();
        var error = Assert.Throws<TrainingException>(() => Run(
            "var", new TrainingPlan(Epochs: 60, Batch: 6, BaseRate: 1e30, WarmUp: 0, Clip: 0), "model"));
        Assert.Contains("a lower rate", error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(In("model.safetensors")));
    }

    /// <summary>Strict loading by the published code needs every tensor that its modules register.</summary>
    [TorchFact]
    public void WriteModel_OfBothKinds_IsReadByTheDecoderAndHasThePublishedNames()
    {
        Prepare();
        Run("vqvae", new TrainingPlan(Epochs: 1, Batch: 6), "codes");
        Run("var", new TrainingPlan(Epochs: 1, Batch: 6), "model");
        using var backend = CpuBackend.Create(new CpuOptions());
        using var codes = Checkpoint.OpenFile(In("codes.safetensors"));
        using var model = Checkpoint.OpenFile(In("model.safetensors"));
        using var vqvae = VqvaeWeights.Load(backend, codes, VqvaeParts.Encoder | VqvaeParts.Decoder);
        using var var = VarWeights.Load(backend, model);
        Assert.Equal(TinyVar, var.Config);
        Assert.Equal(TinyVqvae with { Widths = vqvae.Config.Widths }, vqvae.Config);
        Assert.Equal(
            ["attn_bias_for_masking", "blocks.0.attn.zero_k_bias", "blocks.1.attn.zero_k_bias", "lvl_1L"],
            model.Tensors.Keys.Except(TinyVar.Manifest().Needed.Select(each => each.Name)).Order());
        Assert.Equal([1, 1, 21, 21], model.Tensors["attn_bias_for_masking"].Shape);
        Assert.Equal([3, 8], codes.Tensors["quantize.ema_vocab_hit_SV"].Shape);
    }

    [TorchFact]
    public void Refiner_WithATeacherOfOtherClasses_IsRefused()
    {
        Prepare();
        TrainingDevice.Run(() => Write("teacher", TinyVar with { Classes = 9 }, 3));
        var error = Assert.Throws<InvalidSettingException>(() => Run("refiner", new TrainingPlan(1, 6), "refiner"));
        Assert.StartsWith("teacher is 9 classes", error.Message, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>Random models to begin with.</summary>
    private void Prepare() => TrainingDevice.Run(() =>
    {
        Open();
        using var vqvae = VqvaeParameters(ScalarType.Float32);
        Write("vqvae", vqvae);
        Write("student", TinyVar, 1);
        Write("teacher", TinyVar, 2);
    });

    private void Write(string name, VarConfig config, ulong seed)
    {
        using var parameters = VarParameters(config, ScalarType.Float32, seed);
        Write(name, parameters);
    }

    private void Write(string name, ParameterSet parameters)
    {
        var path = In($"{name}.safetensors");
        using var levels = tensor(Levels(Schedule), [1, Schedule.TotalTokens]);
        var tensors = parameters.All.ToDictionary(each => each.Key, Tensor (each) => each.Value);
        if (name != "vqvae")
        {
            tensors["lvl_1L"] = levels;
        }

        using var checkpoint = new TensorCheckpoint(path, tensors);
        SafetensorsWriter.Write(path, checkpoint, ElementType.Float32);
    }

    private IReadOnlyList<float> Run(
        string model, TrainingPlan plan, string name, int? stopAt = null, double dropped = 0.1,
        ElementType type = ElementType.Float32)
    {
        IReadOnlyList<float> losses = [];
        TrainingDevice.Run(() =>
        {
            var device = TrainingDevice.Open(new(Type: type, Threads: 2));
            using var vqvae = Checkpoint.OpenFile(In("vqvae.safetensors"));
            using var task = Create(model, device, new VarLessons(vqvae, Lessons(), dropped, Seed));
            using var run = new TrainingRun(task, plan, In($"{name}.state"), Settings);
            using var stop = new CancellationTokenSource();
            run.Run(
                report =>
                {
                    if (report.Step == stopAt)
                    {
                        stop.Cancel();
                    }
                },
                () => false, stop.Token);
            run.WriteModel(In($"{name}.safetensors"), ElementType.Float32);
            losses = run.Losses;
        });
        return losses;
    }

    private TrainingTask Create(string model, TrainingDevice device, VarLessons lessons)
    {
        using var student = Checkpoint.OpenFile(In("student.safetensors"));
        using var teacher = Checkpoint.OpenFile(In("teacher.safetensors"));
        return model switch
        {
            "vqvae" => TrainingTask.Vqvae(device, TinyVqvae, Schedule, Pictures(), Seed),
            "var" => TrainingTask.Var(device, TinyVar, lessons),
            "drafter" => TrainingTask.Drafter(device, student, lessons, 2),
            _ => TrainingTask.Refiner(device, student, teacher, lessons, 2),
        };
    }

    /// <summary>Six images of three classes, with tokens that their classes decide.</summary>
    private static TokenSet Lessons()
    {
        int[] labels = [0, 0, 1, 1, 2, 2];
        return new TokenSet(labels, [.. labels.Select(label => Enumerable.Range(0, Schedule.TotalTokens)
            .Select(position => (ushort)((position + (3 * label)) % TinyVar.Vocabulary)).ToArray())]);
    }

    private static Image[] Pictures() => [.. Enumerable.Range(0, 6).Select(image => new Image(
        8, 8, [.. Enumerable.Range(0, 8 * 8 * 3).Select(i => (byte)(127 + (120 * Math.Sin((i / 9) + image))))]))];

    private string In(string name) => Path.Combine(_folder, name);
}
