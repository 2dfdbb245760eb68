using System.CommandLine;
using CoDe.Protocol.V1;
using CoDe.Resilience.Load;
using CoDe.Testing.Processes;
using Grpc.Core;
using Command = System.CommandLine.Command;

namespace CoDe.Resilience.Jobs;

/// <summary><c>jobs</c>: a job of many images, while each process is killed and started again in turn.</summary>
internal static class JobsCommand
{
    private const string Id = "job";

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    public static Command Create()
    {
        var images = new Option<int>("--images")
        {
            Description = "Images of the job.",
            DefaultValueFactory = _ => 2000,
        };
        var seconds = new Option<double>("--seconds")
        {
            Description = "Seconds between two kills.",
            DefaultValueFactory = _ => 5,
        };
        var command = new Command(
            "jobs", "Run a job while processes are killed; exit code 1 if an image is missing or differs.")
        {
            images, seconds,
        };
        command.SetAction((result, cancellation) => RunAsync(
            result.GetValue(images), TimeSpan.FromSeconds(result.GetValue(seconds)), cancellation));
        return command;
    }

    private static async Task<int> RunAsync(int images, TimeSpan pause, CancellationToken cancellation)
    {
        await using var cluster = await ServiceCluster.StartAsync();
        using var channel = Channels.To(cluster.Gateways[0].Port);
        var jobs = new Protocol.V1.Jobs.JobsClient(channel);
        var request = JobImages.Request(images);
        await jobs.SubmitJobAsync(
            new SubmitJobRequest { Id = Id, Request = request }, cancellationToken: cancellation);
        var started = TimeProvider.System.GetTimestamp();
        var finished = FinishAsync(jobs, cancellation);
        var kills = 0;
        foreach (var restart in Restarts(cluster))
        {
            await Task.WhenAny(finished, Task.Delay(pause, cancellation));
            if (finished.IsCompleted)
            {
                break;
            }

            await restart();
            kills++;
        }

        var job = await finished;
        var elapsed = TimeProvider.System.GetElapsedTime(started);
        var different = await JobImages.CountDifferentAsync(jobs, Id, request, cancellation);
        await Console.Out.WriteLineAsync(FormattableString.Invariant(
            $"{job.Done:N0} of {images:N0} images in {elapsed.TotalSeconds:N0} s, {kills} kills, {different} differ"));
        return job.Done == images && different == 0 ? 0 : 1;
    }

    /// <summary>Kills and starts each process in turn, without end, and all at once in each round.</summary>
    private static IEnumerable<Func<Task>> Restarts(ServiceCluster cluster)
    {
        while (true)
        {
            foreach (var service in cluster.Gateways.Append(cluster.Drafter).Concat(cluster.Refiners))
            {
                yield return service.RestartAsync;
            }

            yield return cluster.Redis.RestartAsync;
            yield return cluster.RestartAllAsync;
        }
    }

    private static async Task<Job> FinishAsync(Protocol.V1.Jobs.JobsClient jobs, CancellationToken cancellation)
    {
        Job? last = null;
        while (last is not { State: not JobState.Running })
        {
            try
            {
                using var watch = jobs.WatchJob(new WatchJobRequest { Id = Id }, cancellationToken: cancellation);
                while (await watch.ResponseStream.MoveNext(cancellation))
                {
                    last = watch.ResponseStream.Current;
                }
            }
            catch (RpcException error) when (error.StatusCode == StatusCode.Unavailable)
            {
                await Task.Delay(Pause, cancellation);
            }
        }

        return last;
    }
}
