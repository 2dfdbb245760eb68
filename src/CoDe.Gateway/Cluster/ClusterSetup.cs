using System.Net;
using CoDe.Gateway.Jobs;
using CoDe.Gateway.Redis;
using CoDe.Hosting.Listening;
using Microsoft.Extensions.Configuration.Memory;
using Orleans.Configuration;

namespace CoDe.Gateway.Cluster;

/// <summary>Makes the gateway a silo: alone in memory, or one of a cluster where a Redis is configured.</summary>
internal static class ClusterSetup
{
    private const string Service = "code-gateway";

    /// <summary>Period of probes between silos. A silo that misses three is declared dead.</summary>
    private static readonly TimeSpan Probe = TimeSpan.FromSeconds(1);

    /// <summary>Default log levels: Orleans logs some 40 lines a start and 50 a silo that dies.</summary>
    private static readonly Dictionary<string, string?> Quiet = new()
    {
        ["Logging:LogLevel:Orleans"] = "Error",
        ["Logging:LogLevel:Orleans.Runtime.MembershipService"] = "Warning",
        ["Logging:LogLevel:Polly"] = "Error",
    };

    public static void AddCluster(this WebApplicationBuilder builder, GatewayOptions options)
    {
        builder.Configuration.Sources.Insert(0, new MemoryConfigurationSource { InitialData = Quiet });
        builder.Services.AddSingleton<ClusterWatch>();
        builder.UseOrleans(silo =>
        {
            silo.Configure<ClusterOptions>(cluster => cluster.ServiceId = cluster.ClusterId = Service);
            silo.Configure<ClusterMembershipOptions>(Watch);
            if (options.Redis.Length == 0)
            {
                silo.StandAlone(options);
            }
            else
            {
                silo.Join(options);
            }

            if (options.Kubernetes)
            {
                silo.UseKubernetes();
            }

            if (options.Dashboard)
            {
                silo.AddGatewayDashboard();
            }
        });
    }

    private static void Watch(ClusterMembershipOptions membership)
    {
        membership.ProbeTimeout = Probe;
        membership.MaxProbeTimeout = Probe;
        membership.NumMissedProbesLimit = 3;
        membership.NumVotesForDeathDeclaration = 1;
        membership.IAmAliveTablePublishTimeout = Probe;
        membership.TableRefreshTimeout = TimeSpan.FromSeconds(5);
        membership.DeathVoteExpirationTimeout = TimeSpan.FromSeconds(30);
    }

    private static void StandAlone(this ISiloBuilder silo, GatewayOptions options)
    {
        var port = FreePort.Find();
        silo.ConfigureEndpoints(IPAddress.Loopback, port, gatewayPort: 0);
        silo.UseDevelopmentClustering(new IPEndPoint(IPAddress.Loopback, port));
        if (options.DataFolder.Length == 0)
        {
            silo.AddMemoryGrainStorage(
                JobStorage.Name, memory => memory.Configure(each => each.GrainStorageSerializer = new JobStorage()));
        }
        else
        {
            silo.AddRedisStorage(JobStorage.Name, new JobStorage(), silo.AddEmbeddedRedis(options.DataFolder));
        }
    }

    private static void Join(this ISiloBuilder silo, GatewayOptions options)
    {
        silo.ConfigureEndpoint(
            SiloEndpoint.AddressOf(options), options.SiloPort == 0 ? FreePort.Find() : options.SiloPort);
        silo.UseRedis(options.Redis);
        silo.AddRedisStorage(JobStorage.Name, new JobStorage(), options.Redis);
        if (options.Peers.HasCertificate)
        {
            silo.UseMutualTls();
        }
    }
}
