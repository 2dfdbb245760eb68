using CoDe.Compute;
using CoDe.Flow;
using CoDe.Hosting;
using CoDe.Stages;
using CoDe.Vqvae;
using CoDe.Weights;

namespace CoDe.Cli.Verify;

/// <summary>A folder of golden cases with the models that they were computed with.</summary>
internal sealed class GoldenFolder : IDisposable
{
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
    public static GoldenFolder Open(IBackend backend, string path) => File.Exists(Path.Combine(path, "cases.json"))
        ? new GoldenFolder(backend, path)
        : throw new UsageException($"{path} is no folder of golden cases: it has no cases.json.");

    /// <summary>Every comparison, in the order in which what fails first explains what fails later.</summary>
    public IEnumerable<Finding> Check()
        => CheckForward("drafter", _models.Drafter).Concat(CheckForward("refiner", _models.Refiner!)).Concat(CheckVqvae())
            .Concat(CaseNames().SelectMany(CheckCase)).Concat(CheckInpainting());

    public IReadOnlyCollection<string> CaseNames() => [.. Cases().Keys];

    public IEnumerable<Finding> CheckCase(string name)
    {
        var golden = Cases()[name];
        using var tensors = new GoldenTensors(Path.Combine(_path, $"case_{name}.safetensors"));
        return [.. new CaseCheck(_backend, _models, golden, name, tensors).Run()];
    }

    public IEnumerable<Finding> CheckForward(string model)
        => CheckForward(model, model == "drafter" ? _models.Drafter : _models.Refiner!);

    /// <summary>Encoder, quantizer and decoder.</summary>
    public IEnumerable<Finding> CheckVqvae()
    {
        if (Tensors("vqvae.safetensors") is not { } tensors)
        {
            yield break;
        }

        using var golden = tensors;
        using var encode = new EncodeStage(_backend, _models.Vqvae, Schedule);
        using var decode = new DecodeStage(_backend, _models.Vqvae, Schedule);
        var encoded = golden.Images("image").Select(encode.Run).ToArray();
        yield return Finding.Values("vqvae", "f", golden.Floats("f"), [.. encoded.SelectMany(image => image.Features.Values)]);
        yield return Finding.Tokens("vqvae", "tokens", golden.Integers("tokens"), [.. encoded.SelectMany(image => CaseCheck.AllTokens(image.TokenMaps))]);
        yield return Finding.Values("vqvae", "f_hat", golden.Floats("f_hat"), [.. encoded.SelectMany(image => image.Cumulative[^1].Values)]);
        var decoded = golden.FeatureMaps("f_hat").SelectMany(decode.Pixels).Select(value => (value * 2) - 1);
        yield return Finding.Values("vqvae", "reconstruction", [.. golden.Images("reconstruction").SelectMany(image => image)], [.. decoded]);
    }

    public IEnumerable<Finding> CheckInpainting()
    {
        if (Tensors("inpaint_n8.safetensors") is not { } tensors)
        {
            return [];
        }

        using var golden = tensors;
        using var encode = new EncodeStage(_backend, _models.Vqvae, Schedule);
        var image = encode.Run(golden.Images("image_in").Single());
        var edit = new Edit(image.Cumulative, EditMask.Reduce(golden.Floats("mask_keep"), encode.Side, Schedule.FinalSide));
        var settings = Path.Combine(_path, "inpaint.json");
        var golden8 = File.Exists(settings) ? GoldenCase.ReadOne(settings) : GoldenCase.Inpainting;
        return [.. new CaseCheck(_backend, _models, golden8, "inpaint_n8", golden, edit).Run()];
    }

    public void Dispose() => _models.Dispose();

    private IEnumerable<Finding> CheckForward(string model, Var.VarWeights weights)
    {
        if (Tensors($"forward_{model}.safetensors") is not { } tensors)
        {
            yield break;
        }

        using var golden = tensors;
        using var forward = new ForwardPass(_backend, weights, golden.Integers("labels"));
        yield return Finding.Logits($"forward_{model}", golden.Floats("logits"), forward.Logits(golden.Floats("var_input")));
    }

    private IReadOnlyDictionary<string, GoldenCase> Cases() => GoldenCase.Read(Path.Combine(_path, "cases.json"));

    private GoldenTensors? Tensors(string name)
        => File.Exists(Path.Combine(_path, name)) ? new GoldenTensors(Path.Combine(_path, name)) : null;

    private string Model(string name) => ModelEndings.Select(ending => Path.Combine(_path, name + ending)).FirstOrDefault(File.Exists) ?? throw new CheckpointException($"{_path} has neither {name}.pth nor {name}.safetensors.");
}
