namespace CoDe.Flow;

/// <summary>No model of the name is served.</summary>
public sealed class ModelNotServedException(string name, IEnumerable<string> served)
    : Exception($"model is {name}; served: {string.Join(", ", served.Distinct())}.");

/// <summary>The model is served, but no checkpoint for that N.</summary>
public sealed class StepsNotServedException(string name, int steps, IEnumerable<int> served)
    : Exception($"steps is {steps}; {name} is served for {string.Join(", ", served.Distinct().Order())}.");

/// <summary>As many batches wait for the device as may.</summary>
public sealed class DeviceBusyException() : Exception("The queue of the device is full; try again, or elsewhere.");

/// <summary>The service takes no work now: it loads its models, or is shutting down.</summary>
public sealed class NotReadyException(string reason) : Exception(reason);
