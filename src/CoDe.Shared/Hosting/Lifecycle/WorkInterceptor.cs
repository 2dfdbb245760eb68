using CoDe.Protocol;
using Grpc.Core;

namespace CoDe.Hosting.Lifecycle;

/// <summary>Refuses work while the service is not ready. Health and <c>Status</c> are always answered.</summary>
internal sealed class WorkInterceptor(Readiness readiness) : CallWrapper
{
    protected override async Task<T> AroundAsync<T>(ServerCallContext context, Func<Task<T>> answer)
    {
        if (!IsWork(context.Method))
        {
            return await answer().ConfigureAwait(false);
        }

        readiness.Enter();
        try
        {
            return await answer().ConfigureAwait(false);
        }
        finally
        {
            readiness.Leave();
        }
    }

    private static bool IsWork(string method)
        => method.StartsWith("/code.v1.", StringComparison.Ordinal)
            && !method.EndsWith("/Status", StringComparison.Ordinal);
}
