using System.Security.Cryptography;
using CoDe.Flow;
using CoDe.Gateway.Requests;
using CoDe.Protocol.V1;
using Google.Protobuf;

namespace CoDe.Gateway.Jobs;

/// <summary>Reads requests for jobs.</summary>
internal sealed class JobOrders(RequestReader reader, int largestJob)
{
    /// <summary>Checks a request and fills in what is absent.</summary>
    /// <exception cref="InvalidSettingException">A field is out of its range.</exception>
    /// <exception cref="ModelNotServedException">No such model.</exception>
    /// <exception cref="StepsNotServedException">The model is not served for that N.</exception>
    /// <exception cref="NotAllowedException">The caller may not ask for the priority.</exception>
    public JobOrder Read(GenerateRequest request, string caller)
    {
        if (request.Tokens)
        {
            throw new InvalidSettingException("tokens", "true", "false for a job");
        }

        reader.ThrowIfNotAllowed(request);
        var plan = reader.Plan(request, largestJob);
        return new JobOrder(
            DigestOf(request), Complete(request, plan).ToByteArray(), PairOf(plan), caller, plan.Images,
            (int)plan.Model.Classes, (int)plan.Model.ImageSide);
    }

    /// <summary>Identifies a request as its client sent it.</summary>
    public static string DigestOf(GenerateRequest request)
        => Convert.ToHexStringLower(SHA256.HashData(request.ToByteArray()));

    /// <summary>Describes what decides the bits of the images of both stages.</summary>
    public static string PairOf(RequestPlan plan)
    {
        var pair = plan.Model.Pairs.Single(pair => pair.Steps == plan.Steps);
        return $"drafter {Text(pair.Drafter)}; refiner {Text(pair.Refiner)}";
    }

    private static string Text(StageIdentity stage) => $"weights {stage.WeightsDigest}, {stage.Arithmetic}";

    private static GenerateRequest Complete(GenerateRequest request, RequestPlan plan)
    {
        var settings = new Settings
        {
            Guidance = plan.Settings.Guidance,
            TopK = (uint)plan.Settings.TopK,
            TopP = plan.Settings.TopP,
            Smooth = plan.Settings.Smooth,
        };
        settings.Temperatures.AddRange(plan.Settings.Temperatures);
        var complete = new GenerateRequest(request)
        {
            Model = plan.Model.Name,
            Count = (uint)plan.Count,
            Seed = plan.Seed,
            Steps = (uint)plan.Steps,
            Settings = settings,
        };
        complete.Labels.Clear();
        complete.Labels.AddRange(LabelRanges.Of(plan.Labels, (int)plan.Model.Classes));
        return complete;
    }
}
