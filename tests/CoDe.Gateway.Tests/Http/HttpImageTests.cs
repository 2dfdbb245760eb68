using System.Net;
using System.Net.Http.Headers;
using System.Text;
using CoDe.Gateway.Tests.Requests;
using CoDe.Protocol.V1;
using Google.Protobuf;
using Xunit;

namespace CoDe.Gateway.Tests.Http;

/// <summary>Images over HTTP, with real stages: answers equal those over gRPC.</summary>
public sealed class HttpImageTests(ServedTinyModel served) : IClassFixture<ServedTinyModel>
{
    private static readonly GenerateRequest Star = new()
    {
        Labels = { "star" },
        Seed = 7,
        Steps = 6,
        Settings = new() { Guidance = 2, TopK = 50, TopP = 0.9, Temperatures = { 1.1 }, Smooth = true },
    };

    [Fact]
    public async Task Models_AreThoseOfGrpc()
        => Assert.Equal(
            await served.Gateway.Client.ListModelsAsync(new ListModelsRequest()),
            JsonParser.Default.Parse<ListModelsResponse>(await served.Gateway.Http.GetStringAsync("/v1/models")));

    [Fact]
    public async Task Image_IsThePngOfGrpc()
    {
        var expected = await served.Gateway.Client.GenerateAsync(Star);
        using var response = await served.Gateway.Http.GetAsync(
            "/v1/image?label=star&seed=7&steps=6&guidance=2&top_k=50&top_p=0.9&temperature=1.1&smooth=true&model=tiny");
        Assert.Equal("image/png", response.Content.Headers.ContentType?.ToString());
        Assert.Equal(("7", "4", "6", "tiny"), (
            response.Header("CoDe-Seed"), response.Header("CoDe-Label"),
            response.Header("CoDe-Steps"), response.Header("CoDe-Model")));
        Assert.Equal(expected.Images[0].Image.Data.ToByteArray(), await response.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task Seed_ThatIsNotGiven_IsToldAndMakesTheImageAgain()
    {
        using var first = await served.Gateway.Http.GetAsync("/v1/image?label=moon");
        using var again = await served.Gateway.Http.GetAsync($"/v1/image?label=moon&seed={first.Header("CoDe-Seed")}");
        Assert.Equal(await first.Content.ReadAsByteArrayAsync(), await again.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task Generate_InJson_IsTheResponseOfGrpc()
    {
        var request = new GenerateRequest
        {
            Labels = { "disk", "none" },
            Count = 2,
            Seed = ulong.MaxValue,
            Format = ImageFormat.Rgb,
            Tokens = true,
        };
        var expected = await served.Gateway.Client.GenerateAsync(request);
        using var response = await PostAsync("/v1/generate", JsonFormatter.Default.Format(request));
        var text = await response.Content.ReadAsStringAsync();
        Assert.Equal(expected, JsonParser.Default.Parse<GenerateResponse>(text));
        Assert.Contains("\"label\": 0", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("image/png", true)]
    [InlineData("application/json;q=0.5, image/png", true)]
    [InlineData("application/json, image/png;q=0.5", false)]
    [InlineData("image/png;q=0", false)]
    [InlineData("*/*", false)]
    public async Task Generate_AnswersWhatIsAccepted(string accept, bool png)
    {
        using var response = await PostAsync(
            "/v1/generate", """{"labels": ["star"], "seed": 7, "format": "IMAGE_FORMAT_RGB"}""", accept);
        Assert.Equal(png ? "image/png" : "application/json", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal(png, response.Headers.Contains("CoDe-Seed"));
        Assert.Equal(png, (await response.Content.ReadAsByteArrayAsync())[0] == 0x89);
    }

    [Fact]
    public async Task Edit_InJson_IsThatOfGrpc()
    {
        var image = (await served.Gateway.Client.GenerateAsync(
            new GenerateRequest { Labels = { "star" }, Seed = 3 })).Images[0].Image;
        var request = new EditRequest
        {
            Request = new GenerateRequest { Labels = { "heart" }, Seed = 4 },
            Image = image,
            Mask = image,
        };
        var expected = await served.Gateway.Client.EditAsync(request);
        using var response = await PostAsync("/v1/edit", JsonFormatter.Default.Format(request));
        using var png = await PostAsync("/v1/edit", JsonFormatter.Default.Format(request), "image/png");
        var asUri = JsonFormatter.Default.Format(request)
            .Replace("\"data\": \"", "\"data\": \"data:image/png;base64,", StringComparison.Ordinal);
        using var ofUri = await PostAsync(
            "/v1/edit", asUri.Replace('+', '-').Replace("=\"", "\"", StringComparison.Ordinal), "image/png");
        Assert.Equal(await png.Content.ReadAsByteArrayAsync(), await ofUri.Content.ReadAsByteArrayAsync());
        Assert.Equal(expected, JsonParser.Default.Parse<GenerateResponse>(await response.Content.ReadAsStringAsync()));
        Assert.Equal(expected.Images[0].Image.Data.ToByteArray(), await png.Content.ReadAsByteArrayAsync());
    }

    /// <summary>The JSON mapping of protobuf takes both alphabets, with padding or without.</summary>
    [Fact]
    public async Task Edit_WithBase64OfAnyForm_GivesTheSameImage()
    {
        var image = (await served.Gateway.Client.GenerateAsync(
            new GenerateRequest { Labels = { "star" }, Seed = 3 })).Images[0].Image.Data.ToByteArray();
        // Bytes behind the end of a PNG are no part of it; these make the padding that the forms differ in.
        byte[] padded = [.. image, .. new byte[3 - ((image.Length + 2) % 3)]];
        var standard = Convert.ToBase64String(padded);
        Assert.Contains("=", standard, StringComparison.Ordinal);
        Assert.Contains("+", standard, StringComparison.Ordinal);
        Assert.Contains("/", standard, StringComparison.Ordinal);
        var urlSafe = standard.Replace('+', '-').Replace('/', '_');
        var expected = await EditAsync(standard);
        foreach (var form in new[] { urlSafe, standard.TrimEnd('='), urlSafe.TrimEnd('=') })
        {
            Assert.Equal(expected, await EditAsync(form));
        }

        async Task<string> EditAsync(string data)
        {
            using var response = await PostAsync(
                "/v1/edit",
                $$$"""
                {"request": {"labels": ["heart"], "seed": "4"},
                "image": {"data": "{{{data}}}"}, "mask": {"data": "{{{data}}}"}}
                """);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            return await response.Content.ReadAsStringAsync();
        }
    }

    [Theory]
    [InlineData("label=0..3", 400, 3, "label is 0..3; allowed: one class.")]
    [InlineData("label=unicorn", 400, 3, "label is unicorn; allowed: 0 to 9, none, or one of disk")]
    [InlineData("seed=7", 400, 3, "labels is empty")]
    [InlineData("label=1&stepz=3", 400, 3, "query field is stepz; allowed: model, label, seed")]
    [InlineData("label=1&label=2", 400, 3, "label is 1 and 2; allowed: one")]
    [InlineData("label=1&steps=-1", 400, 3, "steps is -1; allowed: 0 to 4294967295")]
    [InlineData("label=1&steps=11", 400, 3, "steps is 11; allowed: 1 to 10")]
    [InlineData("label=1&steps=9", 400, 9, "steps is 9; tiny is served for")]
    [InlineData("label=1&seed=", 400, 3, "seed is empty; allowed: 0 to 18446744073709551615")]
    [InlineData("label=1&seed=18446744073709551616", 400, 3, "seed is 18446744073709551616; allowed")]
    [InlineData("label=1&guidance=much", 400, 3, "guidance is much; allowed: a number")]
    [InlineData("label=1&guidance=NaN", 400, 3, "guidance is NaN; allowed: a number")]
    [InlineData("label=1&top_k=1.5", 400, 3, "top_k is 1.5; allowed: 0 to 4294967295")]
    [InlineData("label=1&top_p=2", 400, 3, "top-p is 2; allowed: 0 (off) to 1")]
    [InlineData("label=1&temperature=1&temperature=1", 400, 3, "temperatures is 2; allowed: 1 or 10 values")]
    [InlineData("label=1&smooth=maybe", 400, 3, "smooth is maybe; allowed: true, false")]
    [InlineData("label=1&model=d30", 404, 5, "model is d30; served: tiny")]
    public async Task Query_ThatIsWrong_IsToldWhatAndWhatIsAllowed(string query, int http, int code, string message)
    {
        using var response = await served.Gateway.Http.GetAsync($"/v1/image?{query}");
        await response.AssertErrorAsync((HttpStatusCode)http, code, message);
    }

    [Theory]
    [InlineData("generate", "", "body is no JSON at line 1, byte 1; allowed: a GenerateRequest as JSON")]
    [InlineData("generate", "{\n \"labels\": [\"1\",]}", "body is no JSON at line 2, byte 17")]
    [InlineData("generate", "[]", "body is []; allowed: an object in { }")]
    [InlineData("generate", "null", "body is null; allowed: an object in { }")]
    [InlineData("generate", """{"labels": "star"}""", """labels is "star"; allowed: a list in [ ], each text""")]
    [InlineData("generate", """{"labelz": ["star"]}""", "field is labelz; allowed: model, labels, count")]
    [InlineData(
        "generate", """{"labels": ["1"], "settings": {"topp": 1}}""",
        "field is settings.topp; allowed: guidance, topK, topP")]
    [InlineData(
        "generate", """{"labels": ["1"], "settings": {"guidance": "big"}}""",
        """settings.guidance is "big"; allowed: a number""")]
    [InlineData("generate", """{"labels": ["1"], "settings": 3}""", "settings is 3; allowed: an object in { }")]
    [InlineData("generate", """{"labels": ["1"], "seed": -1}""", "seed is -1; allowed: 0 to 18446744073709551615")]
    [InlineData("generate", """{"labels": ["1"], "seed": 1, "seed": 2}""", "seed is given twice; allowed: one")]
    [InlineData(
        "generate", """{"labels": ["1"], "settings": {"topK": 1, "top_k": 2}}""",
        "settings.top_k is given twice; allowed: one")]
    [InlineData("generate", """{"labels": ["1"], "steps": 1e99}""", "steps is 1e99; allowed: 0 to 4294967295")]
    [InlineData("generate", """{"labels": ["1"], "tokens": "yes"}""", """tokens is "yes"; allowed: true, false""")]
    [InlineData(
        "generate", """{"labels": ["1"], "format": "GIF"}""",
        """format is "GIF"; allowed: IMAGE_FORMAT_PNG, IMAGE_FORMAT_RGB""")]
    [InlineData("generate", """{"\ud800": 1}""", "allowed: a GenerateRequest as JSON")]
    [InlineData(
        "generate", """{"labels": ["1"], "settings": {"guidance": "NaN"}}""",
        """settings.guidance is "NaN"; allowed: a number""")]
    [InlineData("generate", """{"labels": ["1"], "count": 1025}""", "count is 1025; allowed: 1 to 1024 of each label")]
    [InlineData("generate", "{}", "labels is empty; allowed: one or more classes")]
    [InlineData("edit", "{}", "request is missing; allowed: labels and settings")]
    [InlineData("edit", """{"request": {"labels": ["1"], "sed": 1}}""", "field is request.sed; allowed: model")]
    [InlineData("edit", """{"request": {"labels": ["1"]}}""", "image is missing; allowed: 64 x 64 pixels")]
    [InlineData(
        "edit", """{"request": {"labels": ["1"]}, "image": {"data": "a picture!"}}""",
        """image.data is "a picture!"; allowed: base64""")]
    [InlineData(
        "edit", """{"request": {"labels": ["1"]}, "image": {"data": "AAAA"}}""",
        "allowed: a PNG, JPEG or WebP, or raw RGB")]
    [InlineData(
        "edit", """{"request": {"labels": ["1"]}, "image": {"format": 9, "data": "AAAA"}}""",
        "image.format is 9; allowed: Png")]
    [InlineData("generate", """{"labels": ["1"], "format": 9}""", "format is 9; allowed: Png")]
    [InlineData("generate", """{"labels": ["1"], "priority": 9}""", "priority is 9; allowed: Normal")]
    [InlineData("generate", """{"labels": ["0..9"], "count": 103}""", "count is 103; allowed: 1 to 102 of each label")]
    public async Task Body_ThatIsWrong_IsToldWhatAndWhatIsAllowed(string path, string body, string message)
    {
        using var response = await PostAsync($"/v1/{path}", body);
        await response.AssertErrorAsync(HttpStatusCode.BadRequest, 3, message);
    }

    [Fact]
    public async Task Body_ThatIsNoUtf8_IsRefused()
    {
        using var response = await served.Gateway.Http.PostAsync(
            "/v1/generate", Json(new ByteArrayContent([.. "{\"model\": \""u8, 0xff, .. "\"}"u8])));
        await response.AssertErrorAsync(HttpStatusCode.BadRequest, 3, "body is no UTF-8");
    }

    [Fact]
    public async Task Body_OfAnotherType_IsRefused()
    {
        using var response = await served.Gateway.Http.PostAsync(
            "/v1/generate", new StringContent("""{"labels": ["1"]}"""));
        await response.AssertErrorAsync(
            HttpStatusCode.UnsupportedMediaType, 3,
            "Content-Type is text/plain; charset=utf-8; allowed: application/json.");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Body_ThatIsTooLarge_IsRefused(bool chunked)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/generate")
        {
            Content = Json(new ByteArrayContent(new byte[((4 << 20) * 4 / 3) + 1])),
        };
        request.Headers.TransferEncodingChunked = chunked;
        using var response = await served.Gateway.Http.SendAsync(request);
        await response.AssertErrorAsync(
            HttpStatusCode.RequestEntityTooLarge, 8, "The body is larger than 5592405 bytes.");
    }

    [Theory]
    [InlineData("""{"labels": ["1..2"]}""")]
    [InlineData("""{"labels": ["1", "2"]}""")]
    [InlineData("""{"labels": ["1"], "count": 2}""")]
    public async Task Png_OfSeveralImages_IsRefused(string body)
    {
        using var response = await PostAsync("/v1/generate", body, "image/png");
        await response.AssertErrorAsync(
            HttpStatusCode.BadRequest, 3, "Accept is image/png; allowed: application/json for more than one image.");
    }

    [Fact]
    public async Task Path_ThatIsNot_IsNotFound()
    {
        using var response = await served.Gateway.Http.GetAsync("/v2/image");
        await response.AssertErrorAsync(HttpStatusCode.NotFound, 5, "There is nothing at /v2/image.");
    }

    [Fact]
    public async Task Method_ThatIsNotTaken_IsToldWhichIs()
    {
        using var response = await served.Gateway.Http.GetAsync("/v1/generate");
        await response.AssertErrorAsync(
            HttpStatusCode.MethodNotAllowed, 12, "/v1/generate does not take GET; allowed: POST.");
        Assert.Equal(["POST"], response.Content.Headers.Allow);
    }

    private async Task<HttpResponseMessage> PostAsync(string path, string body, string? accept = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = Json(new ByteArrayContent(Encoding.UTF8.GetBytes(body))),
        };
        if (accept is not null)
        {
            request.Headers.Add("Accept", accept);
        }

        return await served.Gateway.Http.SendAsync(request);
    }

    private static ByteArrayContent Json(ByteArrayContent content)
    {
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return content;
    }
}
