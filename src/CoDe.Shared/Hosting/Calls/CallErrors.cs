using System.Diagnostics.Metrics;
using CoDe.Hosting.Startup;
using CoDe.Protocol;
using CoDe.Telemetry;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace CoDe.Hosting.Calls;

/// <summary>
/// Counts the calls that do not end with OK, by status, and logs those that a fault of the service ends.
/// </summary>
internal sealed class CallErrors(IMeterFactory meters, ILogger<CallErrors> logger) : CallWrapper
{
    private readonly Counter<long> _errors = meters.Create(MeterNames.Hosting)
        .CreateCounter<long>(InstrumentNames.CallErrors, "{call}", "gRPC calls that did not end with OK.");

    protected override async Task<T> AroundAsync<T>(ServerCallContext context, Func<Task<T>> answer)
    {
        try
        {
            return await answer().ConfigureAwait(false);
        }
        catch (Exception error)
        {
            var code = StatusMapping.CodeOf(error, context);
            _errors.Add(1, new KeyValuePair<string, object?>(TagNames.Code, code.ToString()));
            if (StatusMapping.IsFault(error, context))
            {
                logger.CallFailed(context.Method, error);
            }

            throw;
        }
    }
}
