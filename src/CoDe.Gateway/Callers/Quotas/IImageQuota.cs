namespace CoDe.Gateway.Callers.Quotas;

/// <summary>The images a minute of a caller, by its name: what all gateways of the cluster agree on.</summary>
internal interface IImageQuota : IGrainWithStringKey
{
    /// <summary>Takes images: all that are needed or none, and of those wanted besides what is left.</summary>
    /// <param name="limit">Images in any minute, as the asking gateway has it.</param>
    [ResponseTimeout("00:00:05")]
    Task<QuotaAnswer> TakeAsync(int needed, int besides, int limit);

    [ResponseTimeout("00:00:05")]
    Task GiveBackAsync(int images);
}

/// <param name="Taken">Images that are taken; 0 where what is needed is not left.</param>
/// <param name="RetryAfter">Time until it is left.</param>
[GenerateSerializer, Immutable]
internal readonly record struct QuotaAnswer([property: Id(0)] int Taken, [property: Id(1)] TimeSpan RetryAfter);
