using BenchmarkDotNet.Attributes;
using CoDe.Engine.Compute;
using CoDe.Engine.Compute.Cpu;

namespace CoDe.Benchmarks.Operators;

/// <summary>Every case, on the back end that the command line chose.</summary>
public class OperatorBenchmarks
{
    private Arena? _arena;
    private IBackend? _backend;
    private Action _run = () => { };

    /// <summary>Back end of the runs, which are in this process.</summary>
    public static CpuOptions Options { get; set; } = new(Threads: 1);

    [ParamsSource(nameof(Cases))]
    public object Case { get; set; } = "";

    public static IEnumerable<object> Cases() => OperatorCase.All(Options.Precision);

    [GlobalSetup]
    public void Prepare()
    {
        _backend = CpuBackend.Create(Options);
        _arena = _backend.CreateArena();
        _run = ((OperatorCase)Case).Prepare(_backend, _arena);
    }

    [Benchmark]
    public void Run() => _run();

    [GlobalCleanup]
    public void Release()
    {
        _arena?.Dispose();
        _backend?.Dispose();
    }
}
