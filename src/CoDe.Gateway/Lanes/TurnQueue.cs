namespace CoDe.Gateway.Lanes;

/// <summary>
/// Waiting images of one lane and priority. Callers take turns, an image each, so that a caller with one image does not
/// wait for all images of another. Not thread-safe.
/// </summary>
internal sealed class TurnQueue
{
    private readonly Dictionary<string, Line> _lines = new(StringComparer.Ordinal);
    private readonly LinkedList<Line> _turns = [];

    public int Count { get; private set; }

    /// <summary>Gets the next image; the queue must not be empty.</summary>
    public QueuedImage First => _turns.First!.Value.Images.First!.Value;

    /// <summary>Gets whether an image at the head of a caller's line has waited long enough for others.</summary>
    public bool HasWaited => _turns.Any(line => line.Images.First!.Value.Item.HasWaited);

    /// <summary>Gets the lowest arrival number.</summary>
    public long Oldest => _turns.Min(line => line.Images.First!.Value.Number);

    public void Add(QueuedImage image)
    {
        var caller = image.Item.Caller;
        if (!_lines.TryGetValue(caller, out var line))
        {
            _lines[caller] = line = new Line(caller);
            line.Turn = _turns.AddLast(line);
        }

        image.Place = line.Images.AddLast(image);
        Count++;
    }

    /// <summary>Takes the next image out; its caller goes to the end of the turns.</summary>
    public QueuedImage Take()
    {
        var image = First;
        var line = _turns.First!.Value;
        _turns.RemoveFirst();
        _turns.AddLast(line.Turn!);
        Remove(image);
        return image;
    }

    /// <summary>Takes an image out, wherever it is.</summary>
    public void Remove(QueuedImage image)
    {
        var line = _lines[image.Item.Caller];
        line.Images.Remove(image.Place!);
        image.Place = null;
        Count--;
        if (line.Images.Count == 0)
        {
            _turns.Remove(line.Turn!);
            _lines.Remove(line.Caller);
        }
    }

    /// <summary>Images of one caller in order of arrival.</summary>
    private sealed class Line(string caller)
    {
        public string Caller => caller;

        public LinkedList<QueuedImage> Images { get; } = [];

        public LinkedListNode<Line>? Turn { get; set; }
    }
}

/// <summary>An image that waits.</summary>
/// <param name="number">Number in order of arrival.</param>
internal sealed class QueuedImage(WorkItem item, long number)
{
    public WorkItem Item => item;

    public long Number => number;

    /// <summary>Place in the line of its caller; null once it has left.</summary>
    public LinkedListNode<QueuedImage>? Place { get; set; }

    public CancellationTokenRegistration Leave { get; set; }
}
