using CoDe.Compute;

namespace CoDe.Hosting;

/// <summary>Whether what is to be loaded fits the device, found out in a second instead of after minutes of loading.</summary>
internal static class MemoryCheck
{
    private const double Gibibyte = 1 << 30;

    /// <param name="load">Loads everything, with sessions for batches of the given size, onto a back end.</param>
    /// <exception cref="OutOfDeviceMemoryException">It does not fit.</exception>
    public static void Run<T>(IBackend backend, int largestBatch, Func<IBackend, int, IReadOnlyList<T>> load)
        where T : IDisposable
    {
        if (Plan(backend, largestBatch, load) is not { } plan || plan.PeakBytes <= plan.FreeBytes)
        {
            return;
        }

        var one = Plan(backend, 1, load)!.PeakBytes;
        var perImage = (double)(plan.PeakBytes - one) / Math.Max(1, largestBatch - 1);
        var fitting = one <= plan.FreeBytes && perImage > 0 ? (int)(1 + ((plan.FreeBytes - one) / perImage)) : 0;
        throw new OutOfDeviceMemoryException(FormattableString.Invariant(
            $"The models with batches of {largestBatch} take {plan.PeakBytes / Gibibyte:0.00} GiB; {plan.FreeBytes / Gibibyte:0.00} GiB of the device are free. ")
            + (fitting > 0 ? FormattableString.Invariant($"A LargestBatch of {fitting} would fit.") : "Not even one image would fit."));
    }

    private static IMemoryPlan? Plan<T>(IBackend backend, int largestBatch, Func<IBackend, int, IReadOnlyList<T>> load)
        where T : IDisposable
    {
        using var plan = backend.Plan();
        if (plan is not null)
        {
            foreach (var loaded in load(plan, largestBatch))
            {
                loaded.Dispose();
            }
        }

        return plan;
    }
}

/// <summary>The device is too small for what is configured.</summary>
public sealed class OutOfDeviceMemoryException(string message) : Exception(message);
