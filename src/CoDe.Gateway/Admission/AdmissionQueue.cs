namespace CoDe.Gateway.Admission;

/// <summary>Images that wait, by priority and then in the order they came. Takes a request whole or not at all.</summary>
internal sealed class AdmissionQueue(int limit)
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<int, LinkedList<ImageJob>> _byPriority = [];
    private int _waiting;

    public int Waiting => Volatile.Read(ref _waiting);

    /// <returns>Images that waited before these.</returns>
    /// <exception cref="OverloadedException">They do not all fit.</exception>
    public int Add(IReadOnlyList<ImageJob> jobs)
    {
        lock (_lock)
        {
            DropCancelled();
            if (_waiting + jobs.Count > limit)
            {
                throw new OverloadedException($"{_waiting} of at most {limit} images wait");
            }

            var ahead = _waiting;
            foreach (var job in jobs)
            {
                if (!_byPriority.TryGetValue(job.Priority, out var list))
                {
                    _byPriority[job.Priority] = list = new LinkedList<ImageJob>();
                }

                list.AddLast(job);
            }

            _waiting += jobs.Count;
            return ahead;
        }
    }

    /// <summary>Kinds of the images that wait, the first to be served first.</summary>
    public IReadOnlyList<BatchKey> Keys()
    {
        lock (_lock)
        {
            DropCancelled();
            return [.. _byPriority.Values.SelectMany(jobs => jobs).Select(job => job.Key).Distinct()];
        }
    }

    /// <summary>Takes up to so many images of a kind, in their order.</summary>
    public IReadOnlyList<ImageJob> Take(BatchKey key, int most)
    {
        lock (_lock)
        {
            var taken = new List<ImageJob>();
            foreach (var jobs in _byPriority.Values)
            {
                for (var node = jobs.First; node is not null && taken.Count < most;)
                {
                    var (job, next) = (node.Value, node.Next);
                    if (job.Key == key)
                    {
                        jobs.Remove(node);
                        taken.Add(job);
                    }

                    node = next;
                }
            }

            _waiting -= taken.Count;
            return taken;
        }
    }

    /// <summary>What its client gave up costs no more.</summary>
    private void DropCancelled()
    {
        foreach (var jobs in _byPriority.Values)
        {
            for (var node = jobs.First; node is not null;)
            {
                var next = node.Next;
                if (node.Value.Cancellation.IsCancellationRequested)
                {
                    jobs.Remove(node);
                    _waiting--;
                    node.Value.Fail(new OperationCanceledException(node.Value.Cancellation));
                }

                node = next;
            }
        }
    }
}
