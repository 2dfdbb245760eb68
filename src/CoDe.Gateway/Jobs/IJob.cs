using CoDe.Gateway.Lanes;
using Orleans.Concurrency;

namespace CoDe.Gateway.Jobs;

/// <summary>A job by its id. One activation in the cluster runs it and records what is done.</summary>
internal interface IJob : IGrainWithStringKey
{
    /// <summary>Accepts the job. A job that there is already is only looked at.</summary>
    /// <param name="most">The most jobs of its owner that run; 0 for any number.</param>
    [ResponseTimeout("00:00:10")]
    Task<JobAnswer> SubmitAsync(JobOrder order, int most);

    [AlwaysInterleave, ResponseTimeout("00:00:10")]
    Task<JobAnswer> GetAsync();

    [ResponseTimeout("00:00:10")]
    Task<JobAnswer> CancelAsync();

    /// <summary>Goes on with the job where it stopped, unless it runs.</summary>
    [ResponseTimeout("00:00:10")]
    Task ResumeAsync();
}

/// <summary>A job, or why there is none.</summary>
[GenerateSerializer, Immutable]
internal sealed record JobAnswer([property: Id(0)] JobSnapshot? Job, [property: Id(1)] Failure? Failure)
{
    public static implicit operator JobAnswer(JobSnapshot job) => new(job, null);

    public static implicit operator JobAnswer(Exception error) => new(null, Lanes.Failure.Of(error));

    /// <exception cref="Exception">A domain exception: there is no job.</exception>
    public JobSnapshot OrThrow() => Job ?? throw Failure!.ToException();
}
