using CoDe.Engine.Compute;
using CoDe.Engine.Serving;
using CoDe.Engine.Stages;
using CoDe.Engine.Vqvae;
using CoDe.Engine.Weights;
using CoDe.Flow;

namespace CoDe.Cli.Verify;

/// <summary>A folder of golden cases with the models that they were computed with.</summary>
internal sealed class GoldenFolder : IDisposable
{
    private const string CasesFile = "cases.json";
    private const string ForwardDrafter = "forward_drafter";
    private const string ForwardRefiner = "forward_refiner";
    private const string Vqvae = "vqvae";
    private const string Inpainting = "inpaint_n8";

    private static readonly string[] ModelEndings = [".pth", ".safetensors"];

    private readonly IBackend _backend;
    private readonly string _path;
    private readonly LoadedModels _models;

    private GoldenFolder(IBackend backend, string path)
    {
        (_backend, _path) = (backend, path);
        var names = new ModelNames(Model("drafter"), Model("refiner"), Model("vae"));
        _models = LoadedModels.Load(backend, names, VqvaeParts.Decoder | VqvaeParts.Encoder);
    }

    private ScaleSchedule Schedule => _models.Drafter.Config.Schedule;

    /// <exception cref="UsageException">It is no such folder.</exception>
    public static GoldenFolder Open(IBackend backend, string path) => File.Exists(Path.Combine(path, CasesFile))
        ? new GoldenFolder(backend, path)
        : throw new UsageException($"{path} is no folder of golden cases: it has no cases.json.");

    /// <summary>Lists the parts to check, ordered so that an early failure explains later ones.</summary>
    public static IReadOnlyList<string> Parts(string path) =>
    [
        .. new[] { ForwardDrafter, ForwardRefiner, Vqvae }.Where(part => HasTensors(path, part)),
        .. GoldenCase.Read(Path.Combine(path, CasesFile)).Keys,
        .. new[] { Inpainting }.Where(part => HasTensors(path, part)),
    ];

    /// <summary>Every comparison.</summary>
    public IEnumerable<Finding> Check() => Parts(_path).SelectMany(Check);

    /// <summary>The comparisons of one part.</summary>
    public IEnumerable<Finding> Check(string part) => part switch
    {
        ForwardDrafter => [CheckForward(part, _models.Drafter)],
        ForwardRefiner => [CheckForward(part, _models.Refiner!)],
        Vqvae => [.. CheckVqvae()],
        Inpainting => CheckInpainting(),
        _ => CheckCase(part),
    };

    public void Dispose() => _models.Dispose();

    private Finding CheckForward(string part, Engine.Var.VarWeights weights)
    {
        using var golden = Tensors(part);
        using var forward = new ForwardPass(_backend, weights, golden.Integers("labels"));
        return Finding.Logits(part, golden.Floats("logits"), forward.Logits(golden.Floats("var_input")));
    }

    /// <summary>Encoder, quantizer and decoder.</summary>
    private IEnumerable<Finding> CheckVqvae()
    {
        using var golden = Tensors(Vqvae);
        using var encode = new EncodeStage(_backend, _models.Vqvae, Schedule);
        using var decode = new DecodeStage(_backend, _models.Vqvae, Schedule);
        var encoded = golden.Images("image").Select(encode.Run).ToArray();
        yield return Finding.Values(
            Vqvae, "f", golden.Floats("f"), [.. encoded.SelectMany(image => image.Features.Values)]);
        yield return Finding.Tokens(
            Vqvae, "tokens", golden.Integers("tokens"),
            [.. encoded.SelectMany(image => CaseCheck.AllTokens(image.TokenMaps))]);
        yield return Finding.Values(
            Vqvae, "f_hat", golden.Floats("f_hat"), [.. encoded.SelectMany(image => image.Cumulative[^1].Values)]);
        var decoded = golden.FeatureMaps("f_hat").SelectMany(decode.Pixels).Select(value => (value * 2) - 1);
        yield return Finding.Pixels(
            Vqvae, "reconstruction", [.. golden.Images("reconstruction").SelectMany(image => image)], [.. decoded]);
    }

    private IReadOnlyList<Finding> CheckInpainting()
    {
        using var tensors = Tensors(Inpainting);
        using var encode = new EncodeStage(_backend, _models.Vqvae, Schedule);
        var image = encode.Run(tensors.Images("image_in").Single());
        var edit = new Edit(
            image.Cumulative, EditMask.Reduce(tensors.Floats("mask_keep"), encode.Side, Schedule.FinalSide));
        var settings = Path.Combine(_path, "inpaint.json");
        var golden = File.Exists(settings) ? GoldenCase.ReadOne(settings) : GoldenCase.Inpainting;
        return [.. new CaseCheck(_backend, _models, golden, Inpainting, tensors, edit).Run()];
    }

    private IReadOnlyList<Finding> CheckCase(string name)
    {
        var golden = GoldenCase.Read(Path.Combine(_path, CasesFile))[name];
        using var tensors = Tensors($"case_{name}");
        return [.. new CaseCheck(_backend, _models, golden, name, tensors).Run()];
    }

    private GoldenTensors Tensors(string part) => new(Path.Combine(_path, part + ".safetensors"));

    private static bool HasTensors(string path, string part) => File.Exists(Path.Combine(path, part + ".safetensors"));

    private string Model(string name)
        => ModelEndings.Select(ending => Path.Combine(_path, name + ending)).FirstOrDefault(File.Exists)
        ?? throw new CheckpointException($"{_path} has neither {name}.pth nor {name}.safetensors.");
}
