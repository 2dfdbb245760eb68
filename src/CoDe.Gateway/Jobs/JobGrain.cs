using CoDe.Flow;
using CoDe.Protocol.V1;
using Orleans.Storage;

namespace CoDe.Gateway.Jobs;

/// <summary>
/// Runs a job and records what is done, once a second. An image is on disk before it is recorded. Where a record cannot
/// be written the run goes on, and the next one has everything.
/// </summary>
internal sealed class JobGrain(
    [PersistentState("job", JobStorage.Name)] IPersistentState<JobRecord> record,
    JobRunner runner, TimeProvider time, ILogger<JobGrain> logger) : Grain, IJob
{
    private static readonly TimeSpan RecordPeriod = TimeSpan.FromSeconds(1);

    private JobRun? _run;
    private IGrainTimer? _timer;
    private bool _isUnwritten;
    private bool _isStorageAway;

    private string Id => this.GetPrimaryKeyString();

    private string OwnersId => JobOwner.IdIn(Id);

    private IJobIndex Index => GrainFactory.GetGrain<IJobIndex>(0);

    public async Task<JobAnswer> SubmitAsync(JobOrder order, int most)
    {
        if (record.State.Order is { } there)
        {
            return there.Digest == order.Digest
                ? record.State.ToSnapshot()
                : new JobExistsException($"Job {OwnersId} is of another request; choose another id.");
        }

        // The index first: a job that it does not know would not go on after a crash.
        if (!await Index.AddAsync(Id, most))
        {
            return new OverloadedException($"{JobOwner.NameIn(Id)} has {most} jobs that run, and may have no more");
        }

        record.State = new JobRecord { Order = order, Created = time.GetUtcNow().UtcDateTime };
        try
        {
            await record.WriteStateAsync();
        }
        catch
        {
            record.State = new JobRecord();
            DeactivateOnIdle();
            throw;
        }

        logger.Accepted(Id, order.Images);
        Start(order);
        return record.State.ToSnapshot();
    }

    public Task<JobAnswer> GetAsync() => Task.FromResult<JobAnswer>(
        record.State.Order is null ? JobNotFoundException.Of(OwnersId) : record.State.ToSnapshot());

    public async Task<JobAnswer> CancelAsync()
    {
        if (record.State is { Order: not null, State: JobState.Running })
        {
            await StopAsync();
            Finish(JobState.Cancelled, "");
            try
            {
                await WriteAsync();
            }
            catch
            {
                DeactivateOnIdle();
                throw;
            }

            await Index.FinishAsync(Id);
        }

        return await GetAsync();
    }

    public async Task ResumeAsync()
    {
        if (record.State is not { Order: { } order, State: JobState.Running })
        {
            await Index.FinishAsync(Id);
        }
        else if (_run is null)
        {
            logger.Resumes(Id, order.Images);
            Start(order);
        }
    }

    /// <summary>Stops the run and records what it did, so that another silo goes on from there.</summary>
    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await StopAsync();
        await WriteAsync();
    }

    private void Start(JobOrder order)
    {
        _run = runner.Start(Id, order);
        _timer = this.RegisterGrainTimer(
            RecordAsync, new GrainTimerCreationOptions(RecordPeriod, RecordPeriod) { KeepAlive = true });
    }

    private async Task StopAsync()
    {
        _timer?.Dispose();
        if (_run is { } run)
        {
            await run.StopAsync();
            Collect(run);
            Forget(run);
        }
    }

    private void Forget(JobRun run)
    {
        run.Dispose();
        _run = null;
    }

    private async Task RecordAsync()
    {
        try
        {
            if (_run is not { } run)
            {
                return;
            }

            if (run.IsStopped)
            {
                // The gateway ends.
                await StopAsync();
                await WriteAsync();
                DeactivateOnIdle();
                return;
            }

            var isCompleted = run.Completion.IsCompleted;
            Collect(run);
            if (isCompleted)
            {
                Finish(run.Failure is null ? JobState.Done : JobState.Failed, run.Failure ?? "");
            }

            await WriteAsync();
            if (isCompleted)
            {
                _timer?.Dispose();
                Forget(run);
                await Index.FinishAsync(Id);
            }
        }
        catch (InconsistentStateException error)
        {
            // Another activation has this job.
            logger.NotRecorded(Id, error.Message);
            await StopAsync();
            _isUnwritten = false;
            DeactivateOnIdle();
        }
        catch (Exception error)
        {
            // The storage is away; the next second tries again.
            if (!_isStorageAway)
            {
                logger.NotRecorded(Id, error.Message);
            }

            _isStorageAway = true;
        }
    }

    /// <summary>Takes over what the run did.</summary>
    private void Collect(JobRun run)
    {
        if (run.TakeProgress() is { } done)
        {
            record.State.Done = done;
            _isUnwritten = true;
        }

        if (record.State.Message != run.Obstacle)
        {
            record.State.Message = run.Obstacle;
            _isUnwritten = true;
        }
    }

    private void Finish(JobState state, string message)
    {
        if (record.State.Finished is null)
        {
            record.State.State = state;
            record.State.Message = message;
            record.State.Finished = time.GetUtcNow().UtcDateTime;
            _isUnwritten = true;
            logger.Finished(Id, state);
        }
    }

    private async Task WriteAsync()
    {
        if (_isUnwritten)
        {
            await record.WriteStateAsync();
            (_isUnwritten, _isStorageAway) = (false, false);
        }
    }
}
