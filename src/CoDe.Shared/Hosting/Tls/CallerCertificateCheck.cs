using CoDe.Flow;
using CoDe.Protocol;
using Grpc.Core;
using Microsoft.AspNetCore.Connections.Features;

namespace CoDe.Hosting.Tls;

/// <summary>
/// Refuses calls over a connection whose certificate is no longer valid, and asks the caller to connect anew.
/// </summary>
internal sealed class CallerCertificateCheck : CallWrapper
{
    protected override Task<T> AroundAsync<T>(ServerCallContext context, Func<Task<T>> answer)
    {
        var features = context.GetHttpContext().Features;
        if (features.Get<CallerCertificate>() is { } caller && caller.Problem() is { } problem)
        {
            caller.LogRefusal(problem);
            features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
            throw new UnauthenticatedException($"The client's certificate is not accepted any more: {problem}.");
        }

        return answer();
    }
}
