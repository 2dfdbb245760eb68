using CoDe.Engine.Compute.Cpu;
using CoDe.Engine.Serving;
using CoDe.Engine.Stages;
using CoDe.Engine.Training;
using CoDe.Engine.Training.Var;
using CoDe.Engine.Training.Vqvae;
using CoDe.Engine.Var;
using CoDe.Engine.Vqvae;
using CoDe.Engine.Weights;
using CoDe.Flow;
using CoDe.Testing;
using TorchSharp;
using Xunit;
using static CoDe.Engine.Tests.Training.TinyTraining;

namespace CoDe.Engine.Tests.Training;

/// <summary>Networks for training compute what the decoder computes with the same weights.</summary>
public sealed class TeacherForcingTests
{
    /// <summary>That of libtorch's back end.</summary>
    private const double Limit = 5e-6;

    [TorchFact]
    public void Logits_OfTheDemonstrationModel_AreThoseOfDecoding()
    {
        using var checkpoint = Checkpoint.OpenFile(TinyModel.Drafter);
        AssertDecodesTheSame(checkpoint);
    }

    /// <summary>The form of the published model for 512 x 512 pixels, and that without normalised attention.</summary>
    [TorchTheory]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public void Logits_OfOtherForms_AreThoseOfDecoding(bool isNormalized, bool isShared)
    {
        var config = new VarConfig(
            2, 128, 2, 256, 10, 512, 16, isNormalized, isShared, ScaleSchedule.Published256);
        using var checkpoint = ModelSource.Random("synthetic", config.Manifest());
        AssertDecodesTheSame(checkpoint);
    }

    [TorchFact]
    public void Vqvae_OfTheDemonstrationModel_EncodesAndDecodesAsTheEngine() => TrainingDevice.Run(() =>
    {
        Open();
        using var checkpoint = Checkpoint.OpenFile(TinyModel.Vqvae);
        var (config, within) = VqvaeConfig.Find(checkpoint);
        var schedule = ScaleSchedule.Published256;
        var pixels = Enumerable.Range(0, 64 * 64 * 3).Select(i => MathF.Sin(i * 0.001f)).ToArray();
        using var backend = CpuBackend.Create(new CpuOptions());
        using var weights = VqvaeWeights.Load(backend, checkpoint, VqvaeParts.Encoder | VqvaeParts.Decoder);
        using var encode = new EncodeStage(backend, weights, schedule);
        using var decode = new DecodeStage(backend, weights, schedule);
        var expected = encode.Run(pixels);

        using var scope = torch.NewDisposeScope();
        using var parameters = ParameterSet.Read(checkpoint, within, config.Manifest(), torch.CPU);
        var network = new VqvaeNetwork(config, parameters, torch.ScalarType.Float32);
        using var quantizer = new QuantizerNetwork(config, schedule, parameters);
        var features = network.Encode(torch.tensor(pixels, [1, 64, 64, 3]).permute(0, 3, 1, 2));
        var tokens = quantizer.Quantize(features);
        var cumulative = quantizer.Cumulative(tokens, schedule.Count);
        var decoded = network.Decode(cumulative[^1]).clamp(-1, 1).add(1).mul(0.5).permute(0, 2, 3, 1);

        AssertClose(expected.Features.Values, Values(features), Limit);
        Assert.Equal(
            expected.TokenMaps.SelectMany(map => map.Tokens).Select(token => (long)token),
            tokens.data<long>().ToArray());
        AssertClose(expected.Cumulative[^1].Values, Values(cumulative[^1]), Limit);
        AssertClose(decode.Pixels(expected.Cumulative[^1]), Values(decoded), 1e-5);
    });

    private static void AssertDecodesTheSame(Checkpoint var) => TrainingDevice.Run(() =>
    {
        Open();
        using var vqvae = Checkpoint.OpenFile(TinyModel.Vqvae);
        var (config, within) = VarConfig.Find(var);
        using var scope = torch.NewDisposeScope();
        var tokens = Tokens(2, config.Schedule, config.Vocabulary);
        int[] labels = [3, config.Classes];

        using var parameters = ParameterSet.Read(var, within, config.Manifest(), torch.CPU);
        using var network = new VarNetwork(config, parameters, torch.ScalarType.Float32);
        var (vqvaeConfig, vqvaeWithin) = VqvaeConfig.Find(vqvae);
        using var codes = ParameterSet.Read(vqvae, vqvaeWithin, vqvaeConfig.Manifest(), torch.CPU);
        using var quantizer = new QuantizerNetwork(vqvaeConfig, config.Schedule, codes);
        for (var scales = 1; scales <= config.Schedule.Count; scales += 3)
        {
            var logits = network.Forward(
                torch.tensor(labels, torch.ScalarType.Int64), quantizer.Inputs(tokens, scales), scales);
            var scale = scales - 1;
            var found = logits.narrow(1, config.Schedule.Start(scale), config.Schedule.Tokens(scale));
            AssertClose(Decode(var, vqvae, tokens, labels, scale), Values(found), Limit);
        }
    });

    /// <summary>Decodes scale by scale with the tokens that are given.</summary>
    /// <returns>Logits of a scale.</returns>
    private static float[] Decode(
        Checkpoint var, Checkpoint vqvae, torch.Tensor tokens, int[] labels, int lastScale)
    {
        using var backend = CpuBackend.Create(new CpuOptions());
        using var weights = VarWeights.Load(backend, var);
        using var codes = VqvaeWeights.Load(backend, vqvae, VqvaeParts.Quantizer);
        var schedule = weights.Config.Schedule;
        using var session = new VarSession(backend, weights, labels.Length, schedule.Count);
        using var quantizer = new Quantizer(backend, codes, schedule, labels.Length);
        session.Begin(labels, guided: false);
        quantizer.Begin(labels.Length);
        backend.Upload(quantizer.Tokens, [.. tokens.data<long>().ToArray().Select(token => (int)token)]);
        for (var scale = 0; ; scale++)
        {
            var logits = session.Forward(scale, quantizer.Inputs(scale));
            if (scale == lastScale)
            {
                var values = new float[logits.Rows * logits.Columns];
                backend.Download(values, logits);
                return values;
            }

            quantizer.Accumulate(scale, quantizer.LookUp(scale));
        }
    }

    private static float[] Values(torch.Tensor values) => values.detach().contiguous().data<float>().ToArray();
}
