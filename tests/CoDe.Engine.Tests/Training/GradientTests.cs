using CoDe.Engine.Training;
using CoDe.Engine.Training.Var;
using CoDe.Engine.Training.Vqvae;
using CoDe.Engine.Var;
using CoDe.Testing;
using TorchSharp;
using Xunit;
using static CoDe.Engine.Tests.Training.TinyTraining;

namespace CoDe.Engine.Tests.Training;

/// <summary>Gradients of every loss are those of finite differences, in float64.</summary>
public sealed class GradientTests
{
    private const double Step = 1e-5;
    private const double Limit = 2e-6;
    private const int ElementsOfATensor = 2;

    [TorchTheory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void CrossEntropy_OfAnyForm_HasTheGradientOfDifferences(bool isNormalized, bool isShared)
        => CheckVar(
            TinyVar with { NormalizedAttention = isNormalized, SharedAdaLn = isShared },
            scales: 2, _ => new TruthObjective(2));

    [TorchTheory]
    [InlineData(0)]
    [InlineData(0.25)]
    [InlineData(1)]
    public void Distillation_AtAnyTime_HasTheGradientOfDifferences(double progress)
        => CheckVar(
            TinyVar, scales: 3,
            teacher => new DistillationObjective(Schedule, 2, teacher), progress);

    /// <summary>
    /// Values at which gradients stop stay constant: tokens, f in the term of the codes, f_hat in that of the
    /// features, and the step from f to f_hat.
    /// </summary>
    [TorchFact]
    public void Vqvae_WithStraightThroughCodes_HasTheGradientOfDifferences() => TrainingDevice.Run(() =>
    {
        Open();
        using var scope = torch.NewDisposeScope();
        using var parameters = VqvaeParameters(torch.ScalarType.Float64);
        var network = new VqvaeNetwork(TinyVqvae, parameters, torch.ScalarType.Float64);
        using var quantizer = new QuantizerNetwork(TinyVqvae, Schedule, parameters);
        var pixels = torch.tensor(
            Enumerable.Range(0, 2 * 3 * 64).Select(i => Math.Sin(i * 0.37)).ToArray(), [2, 3, 8, 8]);

        var loss = new VqvaeLoss(network, quantizer);
        var features = network.Encode(pixels).detach();
        var tokens = quantizer.Quantize(features);
        torch.Tensor[] maps = [.. quantizer.Cumulative(tokens, Schedule.Count).Select(map => map.detach())];
        Check(
            parameters,
            () => loss.Of(pixels),
            () =>
            {
                var (f, cumulative) = (network.Encode(pixels), quantizer.Cumulative(tokens, Schedule.Count));
                var codebook = cumulative.Zip(maps).Select(pair => pair.First.sub(features).square().mean()
                    .add(pair.Second.sub(f).square().mean().mul(VqvaeLoss.Commitment)));
                var decoded = network.Decode(f.add(maps[^1].sub(features)));
                return Losses.Reconstruction(pixels, decoded).add(torch.stack(codebook, 0).mean());
            });
    });

    private static void CheckVar(
        VarConfig config, int scales, Func<VarNetwork, IVarObjective> objective, double progress = 0)
        => TrainingDevice.Run(() =>
        {
            Open();
            using var scope = torch.NewDisposeScope();
            using var parameters = VarParameters(config, torch.ScalarType.Float64);
            using var network = new VarNetwork(config, parameters, torch.ScalarType.Float64);
            using var teacherParameters = VarParameters(config, torch.ScalarType.Float64, seed: 9);
            using var teacher = new VarNetwork(config, teacherParameters, torch.ScalarType.Float64);
            using var codes = VqvaeParameters(torch.ScalarType.Float64);
            using var quantizer = new QuantizerNetwork(TinyVqvae, Schedule, codes);
            Enliven(parameters, 1);
            Enliven(teacherParameters, 2);
            var tokens = Tokens(2, Schedule, config.Vocabulary);
            var truth = new TeacherForcing(
                torch.tensor(new long[] { 1, config.Classes }), tokens.narrow(1, 0, Schedule.End(scales - 1)),
                quantizer.Inputs(tokens, scales).detach());
            torch.Tensor Loss() => objective(teacher).Loss(network, truth, progress);
            Check(parameters, Loss, Loss);
        });

    /// <summary>Moves parameters away from their first values, at which gates and biases hide most gradients.</summary>
    private static void Enliven(ParameterSet parameters, ulong stream)
    {
        using var gradients = torch.no_grad();
        foreach (var (number, parameter) in parameters.All.Values.Index())
        {
            var values = new float[parameter.numel()];
            new CounterRandom(stream, RandomPurpose.Codes, (ulong)number).FillNormal(values, 0.3);
            parameter.add_(torch.tensor(values, parameter.shape));
        }
    }

    /// <param name="value">The function whose differences are taken.</param>
    private static void Check(ParameterSet parameters, Func<torch.Tensor> loss, Func<torch.Tensor> value)
    {
        loss().backward();
        foreach (var (number, (name, parameter)) in parameters.All.Index())
        {
            // Parameters that the loss does not depend on have no gradient.
            var gradient = parameter.grad?.flatten().data<double>().ToArray() ?? new double[parameter.numel()];
            var random = new CounterRandom(Seed, RandomPurpose.Order, (ulong)number);
            for (var i = 0u; i < Math.Min(ElementsOfATensor, gradient.Length); i++)
            {
                var element = random.Below(gradient.Length, i);
                var difference = (Moved(parameter, element, Step, value) - Moved(parameter, element, -Step, value))
                    / (2 * Step);
                Assert.True(
                    Math.Abs(gradient[element] - difference) <= Limit * (1 + Math.Abs(difference)),
                    $"{name}[{element}]: gradient {gradient[element]}, difference {difference}");
            }
        }

        Assert.Contains(parameters.All.Values, each => each.grad?.abs().max().item<double>() > 0);
    }

    private static double Moved(torch.Tensor parameter, int element, double step, Func<torch.Tensor> value)
    {
        using var scope = torch.NewDisposeScope();
        using var gradients = torch.no_grad();
        var flat = parameter.view(-1).narrow(0, element, 1);
        flat.add_(step);
        var result = value().item<double>();
        flat.sub_(step);
        return result;
    }
}
