using CoDe.Gateway.Jobs;
using CoDe.Protocol;
using CoDe.Protocol.V1;
using Grpc.Core;
using Microsoft.AspNetCore.Authorization;

namespace CoDe.Gateway.Grpc;

/// <summary>The public face of jobs over gRPC.</summary>
[Authorize(CallerRoles.Jobs)]
internal sealed class JobsService(JobOperations jobs) : CoDe.Protocol.V1.Jobs.JobsBase
{
    [Authorize(CallerRoles.Generate)]
    public override Task<Job> SubmitJob(SubmitJobRequest request, ServerCallContext context)
        => jobs.SubmitAsync(request, context.ToCaller());

    public override Task<Job> GetJob(GetJobRequest request, ServerCallContext context)
        => jobs.GetAsync(request.Id, context.ToCaller());

    public override Task WatchJob(
        WatchJobRequest request, IServerStreamWriter<Job> responseStream, ServerCallContext context)
        => jobs.WatchAsync(request.Id, responseStream.WriteAsync, context.ToCaller());

    public override Task<Job> CancelJob(CancelJobRequest request, ServerCallContext context)
        => jobs.CancelAsync(request.Id, context.ToCaller());

    public override Task<ListJobsResponse> ListJobs(ListJobsRequest request, ServerCallContext context)
        => jobs.ListAsync(request, context.ToCaller());

    public override Task<ListImagesResponse> ListImages(ListImagesRequest request, ServerCallContext context)
        => jobs.ImagesAsync(request, context.ToCaller());
}
