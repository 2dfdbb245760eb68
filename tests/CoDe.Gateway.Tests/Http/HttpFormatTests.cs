using System.Net;
using CoDe.Protocol.V1;
using Xunit;

namespace CoDe.Gateway.Tests.Http;

/// <summary>Which picture format a request over HTTP asks of the refiner, and which type the answer has.</summary>
public sealed class HttpFormatTests : DoubleStageTests
{
    [Theory]
    [InlineData("", null, ImageFormat.Png, "image/png")]
    [InlineData("", "*/*", ImageFormat.Png, "image/png")]
    [InlineData("", "image/*", ImageFormat.Png, "image/png")]
    [InlineData("", "image/webp", ImageFormat.Webp, "image/webp")]
    [InlineData("", "image/jpeg, image/webp;q=0.9", ImageFormat.Jpeg, "image/jpeg")]
    [InlineData("", "image/jpeg;q=0.2, image/*;q=0.1", ImageFormat.Jpeg, "image/jpeg")]
    [InlineData("", "image/*, image/png;q=0", ImageFormat.Webp, "image/webp")]
    [InlineData("", "image/avif,image/webp,*/*;q=0.8", ImageFormat.Webp, "image/webp")]
    [InlineData(".png", "image/webp", ImageFormat.Png, "image/png")]
    [InlineData(".webp", null, ImageFormat.Webp, "image/webp")]
    [InlineData(".jpg", "text/html", ImageFormat.Jpeg, "image/jpeg")]
    [InlineData("", null, ImageFormat.Jpeg, "image/jpeg", "&format=jpeg")]
    [InlineData("", "image/png", ImageFormat.Webp, "image/webp", "&format=WebP")]
    [InlineData("", null, ImageFormat.Rgb, "application/octet-stream", "&format=rgb")]
    [InlineData(".webp", null, ImageFormat.Webp, "image/webp", "&format=webp")]
    public async Task Image_AskedForAFormat_HasIt(
        string ending, string? accept, ImageFormat format, string type, string query = "")
    {
        using var response = await SendAsync(HttpMethod.Get, $"/v1/image{ending}?label=7{query}", accept);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(type, response.Content.Headers.ContentType?.ToString());
        Assert.Equal([format], Stage.Formats);
        Assert.Equal("7", response.Header("CoDe-Label"));
    }

    [Theory]
    [InlineData("text/html")]
    [InlineData("application/json")]
    [InlineData("image/avif, image/png;q=0")]
    public async Task Image_AskedForNoTypeThatIsServed_IsNotAcceptable(string accept)
    {
        using var response = await SendAsync(HttpMethod.Get, "/v1/image?label=7", accept);
        await response.AssertErrorAsync(
            HttpStatusCode.NotAcceptable, 3, $"Accept is {accept}; allowed: image/png, image/webp, image/jpeg.");
        Assert.Empty(Stage.Calls);
    }

    [Theory]
    [InlineData("image?label=7&format=gif", "format is gif; allowed: png, webp, jpeg, rgb")]
    [InlineData("image.png?label=7&format=webp", "format is webp; allowed: png, as the address ends")]
    public async Task Image_WrongFormat_IsRefused(string address, string message)
    {
        using var response = await SendAsync(HttpMethod.Get, $"/v1/{address}", null);
        await response.AssertErrorAsync(HttpStatusCode.BadRequest, 3, message);
    }

    [Theory]
    [InlineData("image/webp", ImageFormat.Webp, "image/webp")]
    [InlineData("image/jpeg", ImageFormat.Jpeg, "image/jpeg")]
    [InlineData("image/png;q=0.5, image/webp;q=0.6, application/json;q=0.6", ImageFormat.Webp, "image/webp")]
    [InlineData("image/webp;q=0.5, application/json", ImageFormat.Rgb, "application/json")]
    [InlineData("image/*", ImageFormat.Rgb, "application/json")]
    [InlineData("image/gif", ImageFormat.Rgb, "application/json")]
    public async Task Generate_AcceptsAPicture_AsksForItsFormat(string accept, ImageFormat format, string type)
    {
        using var body = new StringContent(
            """{"labels": ["7"], "format": "IMAGE_FORMAT_RGB"}""", null, "application/json");
        using var response = await SendAsync(HttpMethod.Post, "/v1/generate", accept, body);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(type, response.Content.Headers.ContentType?.ToString());
        Assert.Equal([format], Stage.Formats);
    }

    [Theory]
    [InlineData("IMAGE_FORMAT_PNG", ImageFormat.Png)]
    [InlineData("IMAGE_FORMAT_RGB", ImageFormat.Rgb)]
    [InlineData("IMAGE_FORMAT_JPEG", ImageFormat.Jpeg)]
    [InlineData("IMAGE_FORMAT_WEBP", ImageFormat.Webp)]
    public async Task Generate_FormatInTheBody_IsAskedFor(string name, ImageFormat format)
    {
        using var body = new StringContent($$"""{"labels": ["7"], "format": "{{name}}"}""", null, "application/json");
        using var response = await SendAsync(HttpMethod.Post, "/v1/generate", null, body);
        var answer = await response.Content.ReadAsStringAsync();
        Assert.Contains($"\"format\": \"{name}\"", answer, StringComparison.Ordinal);
        Assert.Equal([format], Stage.Formats);
    }

    [Fact]
    public async Task Generate_SeveralImagesAsAPicture_IsRefusedWithItsType()
    {
        using var body = new StringContent("""{"labels": ["1", "2"]}""", null, "application/json");
        using var response = await SendAsync(HttpMethod.Post, "/v1/generate", "image/webp", body);
        await response.AssertErrorAsync(
            HttpStatusCode.BadRequest, 3, "Accept is image/webp; allowed: application/json for more than one image.");
    }

    private async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, string? accept, HttpContent? content = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        if (accept is not null)
        {
            request.Headers.TryAddWithoutValidation("Accept", accept);
        }

        return await Gateway.Http.SendAsync(request);
    }
}
