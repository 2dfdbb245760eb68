namespace CoDe.Gateway.Jobs;

/// <summary>The weights or the arithmetic changed since the job was submitted.</summary>
internal sealed class JobChangedException : Exception
{
    private JobChangedException(string message)
        : base(message)
    {
    }

    /// <exception cref="JobChangedException">They differ.</exception>
    public static void ThrowIfOther(string expected, string served)
    {
        if (served != expected)
        {
            throw new JobChangedException(
                $"The stages changed since the job was submitted, so its images would not match. "
                + $"Then: {expected}. Now: {served}.");
        }
    }
}
