using Xunit;

// The browser and the services share the processor: side by side they would only wait for each other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
