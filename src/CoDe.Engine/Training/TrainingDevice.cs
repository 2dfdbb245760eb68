using System.Runtime.ExceptionServices;
using CoDe.Engine.Compute.Torch;
using CoDe.Engine.Compute.Torch.Native;
using TorchSharp;

namespace CoDe.Engine.Training;

/// <summary>Device of libtorch that models are trained on.</summary>
public sealed class TrainingDevice
{
    private TrainingDevice(torch.Device device, torch.ScalarType compute) => (Device, Compute) = (device, compute);

    internal torch.Device Device { get; }

    /// <summary>Type of matrix products and attention. Parameters, norms and losses are float32.</summary>
    internal torch.ScalarType Compute { get; }

    /// <exception cref="PlatformNotSupportedException">
    /// libtorch is missing or does not load, or there is no such GPU.
    /// </exception>
    public static TrainingDevice Open(TorchOptions options)
    {
        LibTorch.Load(options.LibTorch, options.Gpu is not null);
        torch.set_num_threads(options.Threads == 0 ? Environment.ProcessorCount : options.Threads);
        var device = options.Gpu is { } gpu ? torch.device(DeviceType.CUDA, gpu) : torch.CPU;
        return new TrainingDevice(device, options.Type.ToTorch());
    }

    /// <summary>Runs work on a thread of its own: a thread that has decoded records no gradients any more.</summary>
    public static void Run(Action work)
    {
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() => failure = Catch(work)) { Name = "training", IsBackground = true };
        thread.Start();
        thread.Join();
        failure?.Throw();
    }

    private static ExceptionDispatchInfo? Catch(Action work)
    {
        try
        {
            work();
            return null;
        }
        catch (Exception error)
        {
            return ExceptionDispatchInfo.Capture(error);
        }
    }
}
