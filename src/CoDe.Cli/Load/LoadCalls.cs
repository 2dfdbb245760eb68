using System.Text.Json;
using CoDe.Protocol.V1;
using Grpc.Core;

namespace CoDe.Cli.Load;

/// <summary>Sends a request to a gateway.</summary>
/// <param name="timeout">Deadline of a request; null for none.</param>
internal sealed class LoadCalls(Generation.GenerationClient client, TimeSpan? timeout, TimeProvider time)
{
    /// <summary>
    /// Images are made anew and not kept: a cache would be measured instead. Metadata of each call, since the key is
    /// added to it.
    /// </summary>
    private static Metadata NoCache => new() { { "cache-control", "no-store" } };

    /// <returns>The status of a call that failed, such as <c>RESOURCE_EXHAUSTED</c>; null for an answer.</returns>
    /// <exception cref="OperationCanceledException">The run was stopped.</exception>
    public async Task<string?> AskAsync(GenerateRequest request, CancellationToken cancellation)
    {
        DateTime? deadline = timeout is { } allowed ? time.GetUtcNow().UtcDateTime + allowed : null;
        try
        {
            await client.GenerateAsync(request, NoCache, deadline, cancellation);
            return null;
        }
        catch (RpcException error)
        {
            cancellation.ThrowIfCancellationRequested();
            return JsonNamingPolicy.SnakeCaseUpper.ConvertName(error.StatusCode.ToString());
        }
    }
}
