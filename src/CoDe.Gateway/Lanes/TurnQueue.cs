namespace CoDe.Gateway.Lanes;

/// <summary>
/// Waiting images of one lane and priority. Callers take turns, an image each, and so do the requests of a caller, up
/// to <see cref="ImagesOfATurn"/> each: a small request waits neither for all images of another caller nor for those of
/// its caller's larger requests. Requests that fit into a turn stay in order and are served whole. Turns of an image
/// would finish all of a long queue at about the same time, which is late for each. Not thread-safe.
/// </summary>
internal sealed class TurnQueue
{
    /// <summary>Images that a request gets before the turn passes on: a batch by default.</summary>
    public const int ImagesOfATurn = 8;

    private readonly Turns<string, Requests> _callers = new();
    private readonly LinkedList<QueuedImage> _arrivals = [];

    public int Count => _arrivals.Count;

    /// <summary>
    /// Gets whether the oldest image has waited long enough for others; the queue must not be empty. All wait equally
    /// long.
    /// </summary>
    public bool HasWaited => _arrivals.First!.Value.Item.HasWaited;

    /// <summary>Gets the lowest arrival number; the queue must not be empty.</summary>
    public long Oldest => _arrivals.First!.Value.Number;

    /// <summary>
    /// Lists the callers with their waiting images, and with those of them that are served when each request has had
    /// one turn.
    /// </summary>
    public IEnumerable<(string Caller, int Images, int InOneTurn)> Callers
        => _callers.All.Select(caller => (caller.Key, caller.Count, caller.Line.InOneTurn));

    public void Add(QueuedImage image)
    {
        var caller = _callers.At(image.Item.Caller);
        var request = caller.Line.At(image.Item.Request);
        image.Place = request.Line.AddLast(image);
        image.Arrival = _arrivals.AddLast(image);
        caller.Count++;
        if (++request.Count <= ImagesOfATurn)
        {
            caller.Line.InOneTurn++;
        }
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
        if (request.Count < ImagesOfATurn)
        {
            caller.Line.InOneTurn--;
        }

        _callers.Leave(caller);
    }

    /// <summary>Requests of a caller.</summary>
    private sealed class Requests() : Turns<Guid, LinkedList<QueuedImage>>(ImagesOfATurn)
    {
        /// <summary>Images that are served when each request has had one turn.</summary>
        public int InOneTurn { get; set; }
    }

    /// <summary>Lines that take turns, each of one key.</summary>
    /// <param name="imagesOfATurn">Images that a line gives before the turn passes on.</param>
    private class Turns<TKey, TLine>(int imagesOfATurn = 1)
        where TKey : notnull
        where TLine : new()
    {
        private readonly Dictionary<TKey, LinkedListNode<Turn>> _lines = [];
        private readonly LinkedList<Turn> _order = [];

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

        /// <summary>Gets the line that gives the next image, and moves it to the end once its turn is over.</summary>
        public TLine Next()
        {
            var turn = _order.First!;
            if (++turn.Value.Given == imagesOfATurn)
            {
                turn.Value.Given = 0;
                _order.RemoveFirst();
                _order.AddLast(turn);
            }

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

            /// <summary>Images that it gave in this turn.</summary>
            public int Given { get; set; }
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
