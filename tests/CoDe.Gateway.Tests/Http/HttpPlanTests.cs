using System.Net;
using System.Text;
using CoDe.Protocol.V1;
using Google.Protobuf;
using Xunit;

namespace CoDe.Gateway.Tests.Http;

/// <summary>Plans over HTTP, from times of the request or of the gateway's own batches.</summary>
public sealed class HttpPlanTests : DoubleStageTests
{
    private const string Times =
        """
        [{"stage": "draft", "steps": 8, "batch": 1, "draft_s": 2, "peak_gib": 9},
         {"stage": "refine", "steps": 8, "batch": 1, "refine_s": 0.75, "decode_s": "0.25", "peak_gib": 4}]
        """;

    [Fact]
    public async Task Plan_OfGivenTimes_HasTheBestFirst()
    {
        var plan = await PlanAsync($$"""{"times": {{Times}}, "devices": 3, "device_gib": 10}""");
        Assert.Equal("", plan.Shortfall);
        Assert.Equal(["N = 8, a worker with batches from 1: 13 GiB."], plan.LeftOut);
        var best = plan.Services[0];
        Assert.Equal(
            ("2 drafters, 1 refiner", 2u, 1u, false, 8u, 1u),
            (best.Topology, best.Drafters, best.Refiners, best.Shared, best.Steps, best.LargestBatch));
        Assert.InRange(best.Capacity, 0.99, 1.01);
        Assert.Equal((9, 4), (best.DrafterGib, best.RefinerGib));
        Assert.True(best.Predicted.Rate < best.Capacity && best.Predicted.P50 <= best.Predicted.P95);
        Assert.True(best.Curve.Count > 2);
        Assert.Equal([2, 1], plan.Times.Select(row => row.HasDraftS ? row.DraftS : row.RefineS));
    }

    [Fact]
    public async Task Plan_ThatDoesNotReachTheRate_SaysHowManyDevicesWould()
    {
        var plan = await PlanAsync($$"""{"times": {{Times}}, "devices": 1, "rate": 1}""");
        Assert.Equal("1 device does not reach 1 images/s; 4 would.", plan.Shortfall);
        Assert.Equal("1 worker", Assert.Single(plan.Services).Topology);
    }

    [Fact]
    public async Task Plan_WithoutTimes_TakesThoseOfTheLastBatches()
    {
        using (var early = await PostAsync("""{"devices": 2}"""))
        {
            await early.AssertErrorAsync(HttpStatusCode.BadRequest, 3, "times is empty; allowed: times of the stages");
        }

        await Gateway.Client.GenerateAsync(new GenerateRequest { Labels = { "1", "2" }, Steps = 8, Seed = 1 });
        var plan = await PlanAsync("""{"devices": 2}""");
        Assert.Equal([("draft", 8u, 2u), ("refine", 8u, 2u)], plan.Times.Select(Key));
        Assert.All(plan.Services, service => Assert.Equal(2u, service.LargestBatch));
        using var other = await PostAsync("""{"devices": 2, "model": "other"}""");
        await other.AssertErrorAsync(HttpStatusCode.BadRequest, 3, "model is other; allowed: tiny.");

        static (string, uint, uint) Key(StageTimes row) => (row.Stage, row.Steps, row.Batch);
    }

    [Theory]
    [InlineData("devices is 0; allowed: 1 to 64.", """{"times": TIMES}""")]
    [InlineData("device_gib is 0; allowed: above 0", """{"times": TIMES, "devices": 1, "deviceGib": 0}""")]
    [InlineData("latency is \"soon\"; allowed: a number.", """{"times": TIMES, "devices": 1, "latency": "soon"}""")]
    [InlineData("steps is 6; allowed: 8.", """{"times": TIMES, "devices": 1, "steps": [6]}""")]
    [InlineData("times[0]: stage is empty; allowed: all, draft, refine.", """{"times": [{}], "devices": 1}""")]
    [InlineData(
        "times[0]: batch is 0; allowed: 1 to 256.", """{"times": [{"stage": "all", "steps": 8}], "devices": 1}""")]
    [InlineData(
        "N = 8 has no batch size with times of both stages",
        """{"times": [{"stage": "draft", "steps": 8, "batch": 1, "draft_s": 1}], "devices": 1}""")]
    public async Task Plan_OfWhatMakesNoSense_NamesTheField(string message, string body)
    {
        using var response = await PostAsync(body.Replace("TIMES", Times, StringComparison.Ordinal));
        await response.AssertErrorAsync(HttpStatusCode.BadRequest, 3, message);
    }

    private async Task<PlanResponse> PlanAsync(string body)
    {
        using var response = await PostAsync(body);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonParser.Default.Parse<PlanResponse>(text);
    }

    private Task<HttpResponseMessage> PostAsync(string body)
        => Gateway.Http.PostAsync("/v1/plan", new StringContent(body, Encoding.UTF8, "application/json"));
}
