using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace CoDe.Engine.Compute.Cpu;

/// <summary>
/// Work cut into numbered tasks. They run in any order on any worker, and no result may depend on either.
/// </summary>
internal interface IJob
{
    /// <param name="task">0 to the number of tasks - 1.</param>
    /// <param name="scratch">Memory of the worker that runs this, for the length of the call.</param>
    void Execute(int task, WorkerScratch scratch);
}

/// <summary>
/// Fixed set of threads that shares the tasks of one job at a time. Between jobs the workers spin briefly, because the
/// next operator follows within microseconds, then sleep. The caller works too and waits only for workers that have
/// begun, not for one that has no core to run on. Dispatch allocates nothing.
/// </summary>
internal sealed unsafe class ThreadTeam : IDisposable
{
    /// <summary>Set in the gate while no job may be entered; the other bits count the workers inside.</summary>
    private const int Closed = int.MinValue;

    private readonly WorkerScratch _own = new();
    private readonly Worker[] _workers;
    private delegate*<void*, int, WorkerScratch, void> _execute;
    private void* _job;
    private int _tasks;
    private int _next;
    private int _gate = Closed;
    private volatile int _generation;
    private volatile bool _stopping;

    /// <param name="threads">Workers, the calling thread among them.</param>
    public ThreadTeam(int threads)
        => _workers = [.. Enumerable.Range(1, threads - 1).Select(number => new Worker(this, number))];

    public int Count => _workers.Length + 1;

    /// <summary>Runs all tasks and returns when the last is done.</summary>
    public void Run<TJob>(ref TJob job, int tasks)
        where TJob : struct, IJob
    {
        if (tasks <= 1 || _workers.Length == 0)
        {
            for (var task = 0; task < tasks; task++)
            {
                job.Execute(task, _own);
            }

            return;
        }

        _job = Unsafe.AsPointer(ref job);
        _execute = &Execute<TJob>;
        _tasks = tasks;
        _next = 0;
        Volatile.Write(ref _gate, 0);
        Start();
        try
        {
            TakeTasks(_own);
        }
        finally
        {
            Close();
        }
    }

    public void Dispose()
    {
        _stopping = true;
        Start();
        foreach (var worker in _workers)
        {
            worker.Dispose();
        }

        _own.Dispose();
    }

    private static void Execute<TJob>(void* job, int task, WorkerScratch scratch)
        where TJob : struct, IJob => Unsafe.AsRef<TJob>(job).Execute(task, scratch);

    private void Start()
    {
        _generation++;
        Thread.MemoryBarrier();
        foreach (var worker in _workers)
        {
            worker.Wake();
        }
    }

    /// <summary>Lets no more workers in and waits for those inside: the job lives on the caller's stack.</summary>
    private void Close()
    {
        Interlocked.Or(ref _gate, Closed);
        var spinner = default(SpinWait);
        while (Volatile.Read(ref _gate) != Closed)
        {
            spinner.SpinOnce(sleep1Threshold: -1);
        }
    }

    /// <summary>Works on the job at hand if there still is one.</summary>
    private void Join(WorkerScratch scratch)
    {
        var gate = Volatile.Read(ref _gate);
        while (gate >= 0)
        {
            var found = Interlocked.CompareExchange(ref _gate, gate + 1, gate);
            if (found == gate)
            {
                TakeTasks(scratch);
                Interlocked.Decrement(ref _gate);
                return;
            }

            gate = found;
        }
    }

    private void TakeTasks(WorkerScratch scratch)
    {
        for (var task = Interlocked.Increment(ref _next) - 1;
            task < _tasks;
            task = Interlocked.Increment(ref _next) - 1)
        {
            _execute(_job, task, scratch);
        }
    }

    private sealed class Worker : IDisposable
    {
        private const int SpinsBeforeSleep = 200;

        private readonly ThreadTeam _team;
        private readonly Thread _thread;
        private readonly WorkerScratch _scratch = new();
        private readonly SemaphoreSlim _awake = new(0);
        private int _sleeping;

        public Worker(ThreadTeam team, int number)
        {
            _team = team;
            _thread = new Thread(Work) { IsBackground = true, Name = $"CoDe worker {number}" };
            _thread.Start();
        }

        /// <summary>
        /// Wakes the worker if it is asleep or about to be. Whoever clears the flag wakes it, so each sleep ends once.
        /// </summary>
        public void Wake()
        {
            if (Volatile.Read(ref _sleeping) != 0 && Interlocked.Exchange(ref _sleeping, 0) != 0)
            {
                _awake.Release();
            }
        }

        public void Dispose()
        {
            _thread.Join();
            _scratch.Dispose();
            _awake.Dispose();
        }

        private void Work()
        {
            for (var seen = 0; ;)
            {
                WaitForNext(seen);
                if (_team._stopping)
                {
                    return;
                }

                seen = _team._generation;
                _team.Join(_scratch);
            }
        }

        private void WaitForNext(int seen)
        {
            for (var spins = 0; spins < SpinsBeforeSleep && _team._generation == seen; spins++)
            {
                Thread.SpinWait(20);
            }

            while (_team._generation == seen)
            {
                Interlocked.Exchange(ref _sleeping, 1);
                if (_team._generation != seen)
                {
                    Wake();
                }

                _awake.Wait();
            }
        }
    }
}

/// <summary>Memory of one worker that kernels use within a task. It grows to the largest request and stays.</summary>
internal sealed unsafe class WorkerScratch : IDisposable
{
    private void* _memory;
    private nuint _bytes;

    /// <summary>
    /// Returns at least that many floats, 64-byte aligned and uninitialised. It reuses the memory of the call before.
    /// </summary>
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
