namespace CoDe.Gateway.Lanes;

/// <summary>
/// Waiting images of one lane and priority. Callers take turns, an image each, and so do the requests of a caller: a
/// request of one image waits neither for all images of another caller nor for those of its caller's larger requests.
/// Requests of one image stay in order. Not thread-safe.
/// </summary>
internal sealed class TurnQueue
{
    private readonly Turns<string, Turns<Guid, LinkedList<QueuedImage>>> _callers = new();
    private readonly LinkedList<QueuedImage> _arrivals = [];

    public int Count => _arrivals.Count;

    /// <summary>
    /// Gets whether the oldest image has waited long enough for others; the queue must not be empty. All wait equally
    /// long.
    /// </summary>
    public bool HasWaited => _arrivals.First!.Value.Item.HasWaited;

    /// <summary>Gets the lowest arrival number; the queue must not be empty.</summary>
    public long Oldest => _arrivals.First!.Value.Number;

    /// <summary>Lists the callers with their waiting images and requests.</summary>
    public IEnumerable<(string Caller, int Images, int Requests)> Callers
        => _callers.All.Select(caller => (caller.Key, caller.Count, caller.Line.Keys));

    public void Add(QueuedImage image)
    {
        var caller = _callers.At(image.Item.Caller);
        var request = caller.Line.At(image.Item.Request);
        image.Place = request.Line.AddLast(image);
        image.Arrival = _arrivals.AddLast(image);
        caller.Count++;
        request.Count++;
    }

    /// <summary>Takes the next image out, of a queue that is not empty; the turn passes on.</summary>
    public QueuedImage Take()
    {
        var image = _callers.Next().Next().First!.Value;
        Remove(image);
        return image;
    }

    /// <summary>Takes an image out, wherever it is.</summary>
    public void Remove(QueuedImage image)
    {
        var caller = _callers.At(image.Item.Caller);
        var request = caller.Line.At(image.Item.Request);
        request.Line.Remove(image.Place!);
        _arrivals.Remove(image.Arrival!);
        image.Place = null;
        image.Arrival = null;
        caller.Line.Leave(request);
        _callers.Leave(caller);
    }

    /// <summary>Lines that take turns, each of one key.</summary>
    private sealed class Turns<TKey, TLine>
        where TKey : notnull
        where TLine : new()
    {
        private readonly Dictionary<TKey, LinkedListNode<Turn>> _lines = [];
        private readonly LinkedList<Turn> _order = [];

        public int Keys => _lines.Count;

        public IEnumerable<Turn> All => _order;

        /// <summary>Gets the line of a key; a new one has its turn last.</summary>
        public Turn At(TKey key)
        {
            if (!_lines.TryGetValue(key, out var line))
            {
                _lines[key] = line = _order.AddLast(new Turn(key));
            }

            return line.Value;
        }

        /// <summary>Gets the line whose turn it is, and moves it to the end.</summary>
        public TLine Next()
        {
            var turn = _order.First!;
            _order.RemoveFirst();
            _order.AddLast(turn);
            return turn.Value.Line;
        }

        /// <summary>Counts an image that left a line, and removes the line with its last.</summary>
        public void Leave(Turn turn)
        {
            if (--turn.Count == 0)
            {
                _lines.Remove(turn.Key, out var line);
                _order.Remove(line!);
            }
        }

        internal sealed class Turn(TKey key)
        {
            public TKey Key => key;

            public TLine Line { get; } = new();

            /// <summary>Images in the line.</summary>
            public int Count { get; set; }
        }
    }
}

/// <summary>An image that waits.</summary>
/// <param name="number">Number in order of arrival.</param>
internal sealed class QueuedImage(WorkItem item, long number)
{
    public WorkItem Item => item;

    public long Number => number;

    /// <summary>Place among the images of its request; null once it has left.</summary>
    public LinkedListNode<QueuedImage>? Place { get; set; }

    /// <summary>Place among all images in order of arrival; null once it has left.</summary>
    public LinkedListNode<QueuedImage>? Arrival { get; set; }

    public CancellationTokenRegistration Leave { get; set; }
}
