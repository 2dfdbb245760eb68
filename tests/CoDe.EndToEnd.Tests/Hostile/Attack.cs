namespace CoDe.EndToEnd.Hostile;

/// <summary>The extent of what an attack makes unusable.</summary>
internal enum Reach
{
    /// <summary>A stream; others go on over the same connection.</summary>
    Stream,

    /// <summary>A connection, opened properly for it.</summary>
    Connection,

    /// <summary>A connection of which it sends every byte itself, the preface too.</summary>
    Bare,
}

/// <summary>The event that ends an exchange.</summary>
internal enum Ending
{
    /// <summary>The server ends the stream or the connection.</summary>
    Answer,

    /// <summary>The server answers a ping sent last, and so has read everything; where no answer is due.</summary>
    Ping,

    /// <summary>The attacker stops sending, and the server closes.</summary>
    Close,
}

/// <summary>A kind of hostile exchange.</summary>
/// <param name="Write">Writes the frames of one exchange; the generator chooses among equivalent variants.</param>
/// <param name="Weight">Relative frequency; less than 10 where an exchange is expensive.</param>
internal sealed record Attack(
    string Name, Reach Reach, Ending Ending, Action<FrameWriter, uint, Random> Write, int Weight = 10);
