using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace CoDe.Compute.Cpu;

/// <summary>Work cut into numbered tasks that may run in any order on any worker: no result may depend on which.</summary>
internal interface IJob
{
    /// <param name="task">0 to the number of tasks - 1.</param>
    /// <param name="scratch">Memory of the worker that runs this, for the length of the call.</param>
    void Execute(int task, WorkerScratch scratch);
}

/// <summary>
/// A fixed set of threads that shares out the tasks of one job at a time. Between jobs the workers spin briefly, because the next operator
/// follows within microseconds, then sleep. Dispatch allocates nothing.
/// </summary>
internal sealed unsafe class ThreadTeam : IDisposable
{
    private const int SpinsBeforeSleep = 2_000;

    private readonly Thread[] _threads;
    private readonly WorkerScratch[] _scratch;
    private readonly SemaphoreSlim _wake = new(0);
    private delegate*<void*, int, WorkerScratch, void> _execute;
    private void* _job;
    private int _tasks;
    private int _next;
    private int _working;
    private volatile int _generation;
    private int _sleepers;
    private volatile bool _stopping;

    /// <param name="threads">Workers, the calling thread among them.</param>
    public ThreadTeam(int threads)
    {
        _scratch = [.. Enumerable.Range(0, threads).Select(_ => new WorkerScratch())];
        _threads = [.. Enumerable.Range(1, threads - 1).Select(worker => new Thread(() => Work(worker)) { IsBackground = true, Name = $"CoDe worker {worker}" })];
        foreach (var thread in _threads)
        {
            thread.Start();
        }
    }

    public int Count => _scratch.Length;

    /// <summary>Runs all tasks and returns when the last is done.</summary>
    public void Run<TJob>(ref TJob job, int tasks)
        where TJob : struct, IJob
    {
        if (tasks <= 1 || _threads.Length == 0)
        {
            for (var task = 0; task < tasks; task++)
            {
                job.Execute(task, _scratch[0]);
            }

            return;
        }

        _job = Unsafe.AsPointer(ref job);
        _execute = &Execute<TJob>;
        _tasks = tasks;
        _next = 0;
        _working = _threads.Length;
        _generation++;
        Thread.MemoryBarrier();
        if (Volatile.Read(ref _sleepers) > 0)
        {
            _wake.Release(Interlocked.Exchange(ref _sleepers, 0));
        }

        TakeTasks(_scratch[0]);
        var spinner = default(SpinWait);
        while (Volatile.Read(ref _working) > 0)
        {
            spinner.SpinOnce(sleep1Threshold: -1);
        }
    }

    public void Dispose()
    {
        _stopping = true;
        _wake.Release(_threads.Length);
        foreach (var thread in _threads)
        {
            thread.Join();
        }

        foreach (var scratch in _scratch)
        {
            scratch.Dispose();
        }

        _wake.Dispose();
    }

    private static void Execute<TJob>(void* job, int task, WorkerScratch scratch)
        where TJob : struct, IJob => Unsafe.AsRef<TJob>(job).Execute(task, scratch);

    private void Work(int worker)
    {
        for (var seen = 0; WaitForNext(seen);)
        {
            seen = _generation;
            TakeTasks(_scratch[worker]);
            Interlocked.Decrement(ref _working);
        }
    }

    private void TakeTasks(WorkerScratch scratch)
    {
        for (var task = Interlocked.Increment(ref _next) - 1; task < _tasks; task = Interlocked.Increment(ref _next) - 1)
        {
            _execute(_job, task, scratch);
        }
    }

    private bool WaitForNext(int seen)
    {
        for (var spins = 0; _generation == seen && !_stopping; spins++)
        {
            if (spins < SpinsBeforeSleep)
            {
                Thread.SpinWait(20);
                continue;
            }

            Interlocked.Increment(ref _sleepers);
            if (_generation == seen && !_stopping)
            {
                _wake.Wait();
            }

            spins = 0;
        }

        return !_stopping;
    }
}

/// <summary>Memory of one worker that kernels use within a task. It grows to the largest request and stays.</summary>
internal sealed unsafe class WorkerScratch : IDisposable
{
    private void* _memory;
    private nuint _bytes;

    /// <summary>At least that many floats, 64-byte aligned, with anything in them. The call before it loses its memory.</summary>
    public float* Floats(long count)
    {
        var bytes = (nuint)count * sizeof(float);
        if (bytes > _bytes)
        {
            NativeMemory.AlignedFree(_memory);
            _memory = NativeMemory.AlignedAlloc(bytes, 64);
            _bytes = bytes;
        }

        return (float*)_memory;
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(_memory);
        _memory = null;
        _bytes = 0;
    }
}
