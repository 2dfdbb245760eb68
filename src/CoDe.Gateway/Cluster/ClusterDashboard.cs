using CoDe.Gateway.Callers;
using Orleans.Dashboard;

namespace CoDe.Gateway.Cluster;

/// <summary>The Orleans dashboard: silos, grains and their calls.</summary>
internal static class ClusterDashboard
{
    public const string Path = "/dashboard";

    public static void AddGatewayDashboard(this ISiloBuilder silo)
        // The stream of the log would last for an hour, and shutdown would wait for it.
        => silo.AddDashboard(dashboard => dashboard.HideTrace = true);

    /// <summary>Maps the page and its data, which are no part of the gateway's API.</summary>
    public static void MapGatewayDashboard(this IEndpointRouteBuilder endpoints)
        => endpoints.MapOrleansDashboard(Path).ExcludeFromDescription().RequireOperatorOrPassword();
}
