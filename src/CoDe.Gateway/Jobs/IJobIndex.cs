namespace CoDe.Gateway.Jobs;

/// <summary>The jobs of the cluster.</summary>
internal interface IJobIndex : IGrainWithIntegerKey
{
    /// <summary>Adds a job as unfinished; one that is there has no effect.</summary>
    /// <param name="most">The most unfinished jobs of its owner; 0 for any number.</param>
    /// <returns>False where there are as many as may be.</returns>
    [ResponseTimeout("00:00:10")]
    Task<bool> AddAsync(string id, int most);

    [ResponseTimeout("00:00:10")]
    Task FinishAsync(string id);

    [ResponseTimeout("00:00:10")]
    Task<string[]> UnfinishedAsync();

    /// <summary>Lists jobs, the newest first; null where there is no such one before.</summary>
    /// <param name="after">Id of the job before the first; empty to begin with the newest.</param>
    /// <param name="owner">Whose jobs; null for those of all.</param>
    [ResponseTimeout("00:00:10")]
    Task<string[]?> ListAsync(string after, int most, string? owner);
}
