using System.Net;
using System.Text.Json;
using Xunit;

namespace CoDe.Gateway.Tests.Http;

/// <summary>Checks of answers over HTTP.</summary>
internal static class HttpAnswer
{
    /// <summary>It is an error of this kind, in JSON, whose message has this.</summary>
    public static async Task AssertErrorAsync(
        this HttpResponseMessage response, HttpStatusCode http, int code, string message)
    {
        var body = await response.Content.ReadAsStringAsync();
        Assert.True(http == response.StatusCode, $"{(int)response.StatusCode} {body}");
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        using var json = JsonDocument.Parse(body);
        Assert.Equal(code, json.RootElement.GetProperty("code").GetInt32());
        Assert.Contains(message, json.RootElement.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    public static string Header(this HttpResponseMessage response, string name)
        => Assert.Single(response.Headers.GetValues(name));
}
