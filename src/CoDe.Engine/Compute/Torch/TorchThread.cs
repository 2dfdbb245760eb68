using System.Collections.Concurrent;
using TorchSharp;

namespace CoDe.Engine.Compute.Torch;

/// <summary>Inference mode, which libtorch keeps for each thread.</summary>
internal static class TorchThread
{
    /// <summary>Kept from the finalizer, which would end the mode on a thread that never entered it.</summary>
    private static readonly ConcurrentBag<IDisposable> Kept = [];

    [ThreadStatic]
    private static bool _isEntered;

    /// <summary>Turns off gradients and version counters for the rest of the thread's life.</summary>
    public static void Enter()
    {
        if (!_isEntered)
        {
            Kept.Add(torch.inference_mode());
            _isEntered = true;
        }
    }
}
