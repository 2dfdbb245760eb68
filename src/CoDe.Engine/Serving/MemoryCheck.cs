using CoDe.Engine.Compute;
using CoDe.Flow;

namespace CoDe.Engine.Serving;

/// <summary>Refuses what does not fit a device before it is loaded.</summary>
public static class MemoryCheck
{
    private const double Gibibyte = 1 << 30;

    /// <param name="setting">Name of the setting of the batch.</param>
    /// <param name="load">Loads all onto a plan, for batches of a size, and takes one through.</param>
    /// <exception cref="OutOfDeviceMemoryException">It does not fit.</exception>
    public static void Run(IBackend backend, string setting, int batch, Action<IBackend, int> load)
    {
        if (Plan(backend, batch, load) is not { } plan || plan.PeakBytes <= plan.FreeBytes)
        {
            return;
        }

        var (needed, free) = (plan.PeakBytes / Gibibyte, plan.FreeBytes / Gibibyte);
        var largest = LargestOf(size => Fits(backend, size, load), batch);
        throw new OutOfDeviceMemoryException(FormattableString.Invariant(
            $"The models with batches of {batch} take {needed:0.00} GiB; {free:0.00} GiB of the device are free. ")
            + (largest > 0 ? $"A {setting} of {largest} would fit." : "Not even one image would fit."));
    }

    private static bool Fits(IBackend backend, int batch, Action<IBackend, int> load)
        => Plan(backend, batch, load) is { } plan && plan.PeakBytes <= plan.FreeBytes;

    /// <summary>Finds the largest batch below one that does not fit; 0 where none fits.</summary>
    private static int LargestOf(Func<int, bool> fits, int tooLarge)
    {
        var largest = 0;
        while (tooLarge - largest > 1)
        {
            var middle = (largest + tooLarge) / 2;
            if (fits(middle))
            {
                largest = middle;
            }
            else
            {
                tooLarge = middle;
            }
        }

        return largest;
    }

    /// <returns>What all that was loaded takes; null where memory is not planned.</returns>
    public static IMemoryPlan? Plan(IBackend backend, int batch, Action<IBackend, int> load)
    {
        using var plan = backend.Plan();
        if (plan is not null)
        {
            load(plan, batch);
        }

        return plan;
    }
}
