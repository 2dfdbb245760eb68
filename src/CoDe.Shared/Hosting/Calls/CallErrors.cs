using System.Diagnostics.Metrics;
using CoDe.Protocol;
using CoDe.Telemetry;
using Grpc.Core;

namespace CoDe.Hosting.Calls;

/// <summary>Counts the calls that do not end well, by their status.</summary>
internal sealed class CallErrors(IMeterFactory meters) : CallWrapper
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
            _errors.Add(1, KeyValuePair.Create(TagNames.Code, (object?)StatusMapping.CodeOf(error, context).ToString()));
            throw;
        }
    }
}
