using CoDe.Gateway.Http.OpenApi;
using CoDe.Gateway.Planning;
using CoDe.Protocol.V1;

namespace CoDe.Gateway.Http;

/// <summary>Endpoint of the planner.</summary>
internal static class PlanEndpoints
{
    public const string Path = "/v1/plan";

    public static void MapPlan(this IEndpointRouteBuilder endpoints)
    {
        var plans = endpoints.ServiceProvider.GetRequiredService<PlanOperations>();
        endpoints.MapPost(Path, PlanAsync).WithMetadata(EndpointDescriptions.Plan);

        async Task PlanAsync(HttpContext http)
        {
            var request = await JsonBody.ReadAsync<PlanRequest>(http.Request);
            await http.Response.WriteMessageAsync(await plans.PlanAsync(request, http.RequestAborted));
        }
    }
}
