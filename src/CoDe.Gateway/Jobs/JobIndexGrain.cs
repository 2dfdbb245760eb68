namespace CoDe.Gateway.Jobs;

/// <summary>Records which jobs there are and which are unfinished, so that they go on after a restart.</summary>
internal sealed class JobIndexGrain(
    [PersistentState("index", JobStorage.Name)] IPersistentState<JobIndex> index) : Grain, IJobIndex
{
    public async Task<bool> AddAsync(string id, int most)
    {
        if (index.State.Unfinished.Contains(id, StringComparer.Ordinal))
        {
            return true;
        }

        var owner = JobOwner.NameIn(id);
        if (most > 0 && index.State.Unfinished.Count(each => JobOwner.NameIn(each) == owner) >= most)
        {
            return false;
        }

        if (!index.State.Ids.Contains(id, StringComparer.Ordinal))
        {
            index.State.Ids.Add(id);
        }

        index.State.Unfinished.Add(id);
        await WriteAsync();
        return true;
    }

    public Task FinishAsync(string id) => index.State.Unfinished.Remove(id) ? WriteAsync() : Task.CompletedTask;

    public Task<string[]> UnfinishedAsync() => Task.FromResult(index.State.Unfinished.ToArray());

    public Task<string[]?> ListAsync(string after, int most, string? owner)
    {
        var ids = index.State.Ids;
        var end = after.Length == 0 ? ids.Count : ids.LastIndexOf(after);
        return Task.FromResult<string[]?>(end < 0
            ? null
            : [.. ids.Take(end).Reverse().Where(id => owner is null || JobOwner.NameIn(id) == owner).Take(most)]);
    }

    /// <summary>Writes the state, or forgets what could not be written with this activation.</summary>
    private async Task WriteAsync()
    {
        try
        {
            await index.WriteStateAsync();
        }
        catch
        {
            DeactivateOnIdle();
            throw;
        }
    }
}

/// <summary>Stored state of the index of jobs. The property names are those of the stored JSON.</summary>
internal sealed class JobIndex
{
    /// <summary>All jobs, the oldest first.</summary>
    public List<string> Ids { get; set; } = [];

    public List<string> Unfinished { get; set; } = [];
}
