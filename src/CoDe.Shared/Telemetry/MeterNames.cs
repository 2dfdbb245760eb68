namespace CoDe.Telemetry;

/// <summary>Names of the meters. Instruments are described in docs/operations.md.</summary>
public static class MeterNames
{
    /// <summary>Matches every meter of CoDe.</summary>
    public const string All = "code.*";

    public const string Hosting = "code.hosting";
    public const string Gateway = "code.gateway";
    public const string Engine = "code.engine";
}

/// <summary>Names of the instruments.</summary>
public static class InstrumentNames
{
    public const string CallErrors = "code.call.errors";

    public const string QueueDepth = "code.queue.depth";
    public const string QueueWait = "code.queue.wait";
    public const string Images = "code.images";
    public const string CachedImages = "code.cache.images";
    public const string CallerImages = "code.caller.images";
    public const string CallerRefusals = "code.caller.refusals";
    public const string OverlapEfficiency = "code.overlap.efficiency";
    public const string Replicas = "code.replicas";

    public const string BatchSize = "code.batch.size";
    public const string StageDuration = "code.stage.duration";
    public const string ScaleDuration = "code.scale.duration";
    public const string DeviceMemory = "code.device.memory";
    public const string DeviceBusy = "code.device.busy";
}

/// <summary>Names of the tags of instruments and activities.</summary>
public static class TagNames
{
    public const string Code = "code";
    public const string Model = "model";

    /// <summary>N, the drafted scales.</summary>
    public const string Steps = "steps";

    public const string Outcome = "outcome";
    public const string Stage = "stage";
    public const string State = "state";
    public const string Scale = "scale";
    public const string Device = "device";
    public const string Images = "images";
    public const string Replica = "replica";
    public const string Caller = "caller";
    public const string Reason = "reason";
}

/// <summary>Values of <see cref="TagNames.Outcome"/>.</summary>
public static class OutcomeNames
{
    public const string Done = "done";
    public const string Failed = "failed";
    public const string Cancelled = "cancelled";
    public const string Refused = "refused";

    public const string Hit = "hit";
    public const string Collapsed = "collapsed";
    public const string Miss = "miss";
}

/// <summary>Values of <see cref="TagNames.Reason"/>.</summary>
public static class ReasonNames
{
    public const string Credentials = "credentials";
    public const string Role = "role";
    public const string Rate = "rate";
    public const string Queue = "queue";
    public const string Jobs = "jobs";
}

/// <summary>Values of <see cref="TagNames.State"/>.</summary>
public static class StateNames
{
    public const string Ready = "ready";
    public const string Lost = "lost";
    public const string Excluded = "excluded";
}
