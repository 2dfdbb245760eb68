using CoDe.EndToEnd.Examples;
using CoDe.Imaging;
using Xunit;

namespace CoDe.EndToEnd.Clients;

/// <summary>Clients in other languages, which know the API by reflection alone, against a gateway process.</summary>
public sealed class ForeignClientTests(ClientRuns runs) : IClassFixture<ClientRuns>
{
    /// <summary>
    /// The library logs as an error that a client resets a call before its message is read, unless it has seen the
    /// cancellation by then.
    /// </summary>
    private const string ResetBeforeRead = "System.IO.IOException: The client reset the request stream.";

    internal static readonly string[] Cases =
    [
        "reflection_lists_services", "reflection_describes_methods", "reflection_of_an_unknown_symbol", "list_models",
        "generate_one", "generate_many", "generate_largest_seed", "generate_without_seed", "generate_formats",
        "generate_tokens", "generate_stream", "edit", "gzip_request", "parallel_calls", "health_check", "health_watch",
        "health_of_an_unknown_service", "invalid_arguments", "invalid_edit", "unknown_model", "unknown_method",
        "queue_that_is_full", "deadline_that_passes", "call_that_is_cancelled", "stream_that_is_cancelled",
        "oversized_request", "oversized_response",
    ];

    [Theory]
    [ClientCases("python")]
    [ClientCases("node")]
    public void Client_InEachCase_SeesWhatTheApiPromises(string name, string language)
    {
        var report = runs.Of(language).Of(name);
        Assert.True(report.Error is null, report.Error);
    }

    [Theory]
    [ClientData("python")]
    [ClientData("node")]
    public void Client_OfAnyLanguage_RunsTheListedCasesAndNoOther(string language)
        => Assert.Equal(Cases, runs.Of(language).Cases.Select(each => each.Case));

    [AllClientsTheory]
    [InlineData("generate_one", 1)]
    [InlineData("generate_many", 6)]
    [InlineData("generate_largest_seed", 1)]
    [InlineData("generate_stream", 2)]
    [InlineData("edit", 1)]
    public void Images_OfAllClients_AreTheSameBytes(string name, int count)
    {
        var images = ForeignClient.All.Select(client => runs.Of(client.Language).Of(name).Images).ToList();
        Assert.All(images, each => Assert.Equal(count, each.Count));
        Assert.All(images, each => Assert.Equal(images[0], each));
    }

    [Theory]
    [ClientData("python")]
    [ClientData("node")]
    public void Images_OfAClient_AreThoseDecodedHere(string language)
    {
        using var reference = new ReferenceImages();
        var (previews, images) = reference.Decode(seed: 7, steps: 8, "star");
        AssertSame([images[0]], runs.Of(language).Of("generate_one"));
        AssertSame([previews[0], images[0]], runs.Of(language).Of("generate_stream"));
    }

    /// <summary>Refused, cancelled and late calls are the clients' doing.</summary>
    [Fact]
    public void ServerLog_AfterAllCases_HasNoError()
    {
        var errors = runs.ServerLog.Where(line => line.Contains(" fail: ", StringComparison.Ordinal))
            .Where(line => !line.Contains(ResetBeforeRead, StringComparison.Ordinal))
            .ToList();
        Assert.True(errors.Count == 0, string.Join('\n', errors));
    }

    private static void AssertSame(IReadOnlyList<Flow.Image> expected, CaseReport report)
    {
        var received = report.Images.Select(image => PictureCodec.Decode(image)).ToList();
        Assert.Equal(expected.Select(SizeOf), received.Select(SizeOf));
        Assert.Equal(expected.Select(image => image.Rgb), received.Select(image => image.Rgb));
    }

    private static (int Width, int Height) SizeOf(Flow.Image image) => (image.Width, image.Height);
}
