namespace CoDe.Gateway.Results;

/// <summary>Use of the result cache that a request may make.</summary>
internal enum CacheMode
{
    /// <summary>Finds images, waits for those that others make, and stores.</summary>
    Full,

    /// <summary>Generates anew and stores (<c>no-cache</c>).</summary>
    Renew,

    /// <summary>Neither finds nor stores (<c>no-store</c>).</summary>
    Off,

    /// <summary>Cannot be cached: no seed, an edit, or the cache is off.</summary>
    Bypass,
}

/// <summary>Source of an image of a request.</summary>
internal enum CacheOutcome
{
    Submitted,
    Stored,
    Hit,

    /// <summary>Comes from another request that makes it.</summary>
    Collapsed,
}

/// <summary>Use of the result cache by one request, and the outcome.</summary>
internal sealed class CacheUse(CacheMode mode)
{
    public const string StatusHeader = "Cache-Status";

    private CacheOutcome[]? _outcomes;

    public CacheMode Mode { get; private set; } = mode;

    /// <summary>Gets the status as RFC 9211 has it; null before anything is known.</summary>
    public string? Status => _outcomes is { } outcomes ? CacheStatus.Of(Mode, outcomes) : null;

    /// <summary>Reads <c>Cache-Control</c>, which gRPC clients send as metadata.</summary>
    public static CacheUse Of(HttpRequest request) => new(request.GetTypedHeaders().CacheControl switch
    {
        { NoStore: true } => CacheMode.Off,
        { NoCache: true } => CacheMode.Renew,
        _ => CacheMode.Full,
    });

    /// <summary>Says that the request cannot be cached, unless it asks for that itself.</summary>
    public void Bypass() => Mode = Mode is CacheMode.Off ? CacheMode.Off : CacheMode.Bypass;

    /// <summary>Begins with all images as submitted.</summary>
    public void Begin(int images) => _outcomes = new CacheOutcome[images];

    public void Set(int position, CacheOutcome outcome) => _outcomes![position] = outcome;
}
