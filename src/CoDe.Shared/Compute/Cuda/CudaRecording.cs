using CoDe.Compute.Cuda.Native;

namespace CoDe.Compute.Cuda;

/// <summary>
/// A CUDA graph of work: hundreds of launches as one. It is captured when the work is asked for the second time, since the first may still find
/// functions and take memory, which a stream that is captured must not.
/// </summary>
internal sealed class CudaRecording(CudaDevice device, Action work) : Recording
{
    private nint _executable;

    public override void Run()
    {
        if (_executable == 0)
        {
            _executable = Capture();
        }

        CudaDriver.Check(CudaDriver.GraphLaunch(_executable, device.Stream), "cuGraphLaunch");
    }

    protected override void Dispose(bool disposing)
    {
        if (_executable != 0)
        {
            device.Enter();
            _ = CudaDriver.GraphExecutableDestroy(_executable);
            _executable = 0;
        }
    }

    private nint Capture()
    {
        CudaDriver.Check(CudaDriver.StreamBeginCapture(device.Stream, CudaDriver.CaptureThreadLocal), "cuStreamBeginCapture");
        nint graph = 0;
        try
        {
            work();
        }
        finally
        {
            var result = CudaDriver.StreamEndCapture(device.Stream, out graph);
            CudaDriver.Check(result, "cuStreamEndCapture");
        }

        try
        {
            CudaDriver.Check(CudaDriver.GraphInstantiate(out var executable, graph, 0), "cuGraphInstantiate");
            return executable;
        }
        finally
        {
            _ = CudaDriver.GraphDestroy(graph);
        }
    }
}
