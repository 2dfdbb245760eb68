using CoDe.Protocol;
using Grpc.Core;

namespace CoDe.Hosting.Lifecycle;

/// <summary>Lets work in while the service is ready. Whether it is can always be asked, of health and of a stage's <c>Status</c>.</summary>
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

    private static bool IsWork(string method) => method.StartsWith("/code.v1.", StringComparison.Ordinal) && !method.EndsWith("/Status", StringComparison.Ordinal);
}
