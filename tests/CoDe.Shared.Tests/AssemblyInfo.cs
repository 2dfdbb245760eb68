using Xunit;

// Tests that run a whole service redirect the console, which all share.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
