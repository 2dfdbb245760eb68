namespace CoDe.Gateway.Lanes;

/// <summary>The part of a bounded number of places that one caller may take; some are left for others.</summary>
internal static class FairShare
{
    /// <summary>
    /// Places that a caller may have for each that stays free. One caller can take eight ninths of all; the rest is
    /// kept for others.
    /// </summary>
    private const int ForEachFree = 8;

    /// <param name="own">Places that the caller has.</param>
    /// <param name="wanted">Places that it wants besides.</param>
    /// <param name="free">Places that would stay free.</param>
    public static bool IsExceeded(int own, int wanted, int free) => own > 0 && own + wanted > ForEachFree * (free + 1);
}
