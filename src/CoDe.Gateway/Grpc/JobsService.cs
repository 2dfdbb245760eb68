using CoDe.Gateway.Jobs;
using CoDe.Protocol.V1;
using Grpc.Core;

namespace CoDe.Gateway.Grpc;

/// <summary>The public face of jobs over gRPC.</summary>
internal sealed class JobsService(JobOperations jobs) : CoDe.Protocol.V1.Jobs.JobsBase
{
    public override Task<Job> SubmitJob(SubmitJobRequest request, ServerCallContext context)
        => jobs.SubmitAsync(request, context.ToCaller());

    public override Task<Job> GetJob(GetJobRequest request, ServerCallContext context) => jobs.GetAsync(request.Id);

    public override Task WatchJob(
        WatchJobRequest request, IServerStreamWriter<Job> responseStream, ServerCallContext context)
        => jobs.WatchAsync(request.Id, responseStream.WriteAsync, context.CancellationToken);

    public override Task<Job> CancelJob(CancelJobRequest request, ServerCallContext context)
        => jobs.CancelAsync(request.Id);

    public override Task<ListJobsResponse> ListJobs(ListJobsRequest request, ServerCallContext context)
        => jobs.ListAsync(request);

    public override Task<ListImagesResponse> ListImages(ListImagesRequest request, ServerCallContext context)
        => jobs.ImagesAsync(request);
}
