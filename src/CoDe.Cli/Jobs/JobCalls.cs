using System.Net;
using System.Security.Cryptography;
using CoDe.Flow;
using CoDe.Hosting.Tls;
using CoDe.Protocol;
using CoDe.Protocol.V1;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;

namespace CoDe.Cli.Jobs;

/// <summary>Calls a gateway. Its errors become readable lines.</summary>
internal sealed class JobCalls : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly string _address;
    private readonly GrpcChannel _channel;
    private readonly CallInvoker _calls;
    private readonly Protocol.V1.Jobs.JobsClient _client;

    /// <param name="authority">PEM file of the gateway's authority; null for those of the system.</param>
    /// <param name="key">Key of the caller; null for none.</param>
    /// <exception cref="UsageException">The address is none, or the authority cannot be used.</exception>
    public JobCalls(string address, string? authority, string? key)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
        {
            throw new UsageException($"--gateway is {address}; allowed: http://name:port or https://name:port.");
        }

        _address = address;
        _channel = ServiceChannel.Open(address, Pause, Connector(uri, authority));
        _calls = key is null ? _channel.CreateCallInvoker() : _channel.Intercept(metadata =>
        {
            metadata.Add("authorization", $"Bearer {key}");
            return metadata;
        });
        _client = new Protocol.V1.Jobs.JobsClient(_calls);
    }

    /// <summary>Gets the calls that generate images, whose errors are those of gRPC.</summary>
    public Generation.GenerationClient Generation => new(_calls);

    /// <summary>Divides lists of labels by the class names of a model.</summary>
    /// <param name="model">Empty for the first that is served.</param>
    public async Task<IReadOnlyList<string>> SplitAsync(
        IReadOnlyList<string> labels, string model, CancellationToken cancellation)
    {
        if (!labels.Any(text => text.Contains(',', StringComparison.Ordinal)))
        {
            return labels;
        }

        var served = await ListModelsAsync(cancellation);
        var found = served.FirstOrDefault(each => model.Length == 0 || each.Name == model);
        var names = new ClassNames(found?.ClassNames ?? [], (int)(found?.Classes ?? 0));
        return [.. labels.SelectMany(names.Split)];
    }

    /// <summary>Finds a model that is served.</summary>
    /// <param name="name">Empty for the first.</param>
    /// <exception cref="InvalidSettingException">There is none of this name.</exception>
    public async Task<Model> FindModelAsync(string name, CancellationToken cancellation)
    {
        var models = await ListModelsAsync(cancellation);
        return models.FirstOrDefault(each => name.Length == 0 || each.Name == name)
            ?? throw (models.Count == 0
                ? new IOException($"{_address} serves no model yet.")
                : new InvalidSettingException("--model", name, string.Join(", ", models.Select(each => each.Name))));
    }

    public Task<Job> SubmitAsync(SubmitJobRequest request, CancellationToken cancellation)
        => CallAsync(() => _client.SubmitJobAsync(request, cancellationToken: cancellation));

    public Task<Job> GetAsync(string id, CancellationToken cancellation)
        => CallAsync(() => _client.GetJobAsync(new GetJobRequest { Id = id }, cancellationToken: cancellation));

    public Task<Job> CancelAsync(string id, CancellationToken cancellation)
        => CallAsync(() => _client.CancelJobAsync(new CancelJobRequest { Id = id }, cancellationToken: cancellation));

    /// <summary>Lists all jobs, page by page.</summary>
    public async IAsyncEnumerable<Job> ListAsync()
    {
        var request = new ListJobsRequest();
        do
        {
            var page = await CallAsync(() => _client.ListJobsAsync(request));
            foreach (var job in page.Jobs)
            {
                yield return job;
            }

            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);
    }

    /// <summary>Reads the images that a job has now, page by page.</summary>
    public async IAsyncEnumerable<GeneratedImage> ImagesAsync(string id)
    {
        var request = new ListImagesRequest { Id = id };
        while (true)
        {
            var page = await CallAsync(() => _client.ListImagesAsync(request));
            foreach (var image in page.Images)
            {
                yield return image;
            }

            if (page.NextPageToken.Length == 0 || page.Images.Count == 0)
            {
                break;
            }

            request.PageToken = page.NextPageToken;
        }
    }

    /// <summary>Watches a job until it is finished, however often the gateway is lost meanwhile.</summary>
    /// <param name="tellLoss">Is told why the gateway cannot be reached; it is tried again.</param>
    public async Task<Job> WatchAsync(
        string id, Action<Job> tell, Action<string> tellLoss, CancellationToken cancellation)
    {
        Job? last = null;
        while (last is not { State: not JobState.Running })
        {
            try
            {
                using var watch = _client.WatchJob(new WatchJobRequest { Id = id }, cancellationToken: cancellation);
                while (await watch.ResponseStream.MoveNext(cancellation))
                {
                    tell(last = watch.ResponseStream.Current);
                }
            }
            catch (RpcException error) when (error.StatusCode == StatusCode.Unavailable)
            {
                tellLoss(Readable(error).Message);
                await Task.Delay(Pause, cancellation);
            }
            catch (RpcException error)
            {
                throw Readable(error);
            }
        }

        return last;
    }

    public void Dispose() => _channel.Dispose();

    /// <returns>Null for an address without TLS.</returns>
    private static Func<DnsEndPoint, CancellationToken, ValueTask<Stream>>? Connector(Uri address, string? authority)
    {
        if (address.Scheme != Uri.UriSchemeHttps)
        {
            return authority is null ? null : throw new UsageException(
                $"--authority is {authority}, but --gateway is {address}; allowed with it: https://name:port.");
        }

        try
        {
            var tls = PeerTls.Trusting(authority);
            return (endpoint, token) => tls.ConnectAsync(endpoint, endpoint.Host, token);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidDataException
            or CryptographicException)
        {
            throw new UsageException($"--authority is {authority}: {error.Message}");
        }
    }

    private async Task<IReadOnlyList<Model>> ListModelsAsync(CancellationToken cancellation)
        => (await CallAsync(() => Generation.ListModelsAsync(
            new ListModelsRequest(), cancellationToken: cancellation))).Models;

    private async Task<T> CallAsync<T>(Func<AsyncUnaryCall<T>> call)
    {
        try
        {
            return await call();
        }
        catch (RpcException error)
        {
            throw Readable(error);
        }
    }

    private Exception Readable(RpcException error) => error.StatusCode == StatusCode.Cancelled
        ? new OperationCanceledException(error.Message, error)
        : new IOException($"{_address}: {error.Status.Detail}", error);
}
