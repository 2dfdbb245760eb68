using Xunit;

// Every back end has a thread a core: side by side they would only wait for each other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
