namespace CoDe.Telemetry;

/// <summary>Names of the activities and of their source.</summary>
public static class ActivityNames
{
    public const string Source = "CoDe";

    public const string DraftBatch = "draft batch";
    public const string RefineBatch = "refine batch";
}
