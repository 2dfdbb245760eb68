namespace CoDe.Flow;

/// <summary>No model of the name is served.</summary>
public sealed class ModelNotServedException : Exception
{
    public ModelNotServedException(string name, IEnumerable<string> served)
        : this($"model is {name}; served: {string.Join(", ", served.Distinct())}.")
    {
    }

    public ModelNotServedException(string message)
        : base(message)
    {
    }
}

/// <summary>The model is served, but no checkpoint for that N.</summary>
public sealed class StepsNotServedException : Exception
{
    public StepsNotServedException(string name, int steps, IEnumerable<int> served)
        : this($"steps is {steps}; {name} is served for {string.Join(", ", served.Distinct().Order())}.")
    {
    }

    public StepsNotServedException(string message)
        : base(message)
    {
    }
}

/// <summary>The queue of the device is full.</summary>
public sealed class DeviceBusyException() : Exception("The queue of the device is full; try again, or elsewhere.");

/// <summary>The device fails all further work, which another replica can do.</summary>
public sealed class DeviceFailedException(Exception cause)
    : Exception($"The device failed: {DeviceErrors.FirstLine(cause)}", cause);

/// <summary>The memory of the device is too small.</summary>
public sealed class OutOfDeviceMemoryException : InputException
{
    public OutOfDeviceMemoryException(string message)
        : base(message)
    {
    }

    public OutOfDeviceMemoryException(Exception cause)
        : base($"The memory of the device is full: {DeviceErrors.FirstLine(cause)}", cause)
    {
    }
}

/// <summary>A model gives logits that are no numbers, from which no token can be drawn.</summary>
public sealed class LogitsException() : InputException(
    "The model gives logits that are no numbers: its weights are unusable, or too large for the precision.");

/// <summary>More is asked for than can be done now.</summary>
public sealed class OverloadedException(string reason) : Exception($"{reason}; try again later.")
{
    public string Reason => reason;

    /// <summary>Time after which to try again.</summary>
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary><see cref="RetryAfter"/> in whole seconds, at least one, as <c>retry-after</c> has it.</summary>
    public int RetryAfterSeconds => Math.Max(1, (int)Math.Ceiling(RetryAfter.TotalSeconds));
}

/// <summary>The caller has no right to what it asks for.</summary>
public sealed class NotAllowedException(string message) : Exception(message);

/// <summary>A request took longer than the service allows.</summary>
public sealed class DeadlineException(string message) : Exception(message);

/// <summary>A message is larger than any that is read.</summary>
/// <param name="largest">Bytes.</param>
public sealed class MessageTooLargeException(int largest) : Exception(
    FormattableString.Invariant($"The message has more than {largest} bytes when decompressed."));

/// <summary>The caller did not say who it is, or not in a way that is accepted.</summary>
public sealed class UnauthenticatedException(string message) : Exception(message);

/// <summary>The service takes no work now: it loads its models, or is shutting down.</summary>
public sealed class NotReadyException(string reason) : Exception(reason);

/// <summary>No job has the id.</summary>
public sealed class JobNotFoundException : Exception
{
    private JobNotFoundException(string message)
        : base(message)
    {
    }

    public static JobNotFoundException Of(string id) => new($"There is no job {id}.");

    /// <param name="message">Message of another process.</param>
    public static JobNotFoundException Because(string message) => new(message);
}

/// <summary>The id belongs to a job of another request.</summary>
public sealed class JobExistsException(string message) : Exception(message);

/// <summary>This service is not configured for jobs.</summary>
public sealed class JobsNotConfiguredException(string message) : Exception(message);
