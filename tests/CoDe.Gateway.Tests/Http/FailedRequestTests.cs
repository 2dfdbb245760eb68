using System.Text.Json;
using CoDe.Gateway.Http;
using CoDe.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace CoDe.Gateway.Tests.Http;

/// <summary>Any exception of a request is answered as JSON with a code and a message.</summary>
public sealed class FailedRequestTests
{
    public static TheoryData<int> Kinds() => [.. Enumerable.Range(0, ExceptionKinds.All.Count)];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Request_ThatThrows_IsAnsweredWithoutATrace(int kind)
    {
        var error = ExceptionKinds.All[kind];
        var http = new DefaultHttpContext { Response = { Body = new MemoryStream() } };
        var answers = new ErrorAnswers(_ => Task.FromException(error), NullLogger<ErrorAnswers>.Instance);
        await answers.InvokeAsync(http);
        Assert.InRange(http.Response.StatusCode, 400, 599);
        http.Response.Body.Position = 0;
        using var answer = await JsonDocument.ParseAsync(http.Response.Body);
        Assert.InRange(answer.RootElement.GetProperty("code").GetInt32(), 1, 16);
        var message = answer.RootElement.GetProperty("message").GetString();
        Assert.DoesNotContain("   at CoDe", message, StringComparison.Ordinal);
    }
}
