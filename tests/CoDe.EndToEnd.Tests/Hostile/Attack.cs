namespace CoDe.EndToEnd.Hostile;

/// <summary>What an attack spoils.</summary>
internal enum Reach
{
    /// <summary>A stream; others go on over the same connection.</summary>
    Stream,

    /// <summary>A connection, opened properly for it.</summary>
    Connection,

    /// <summary>A connection of which it sends every byte itself, the preface too.</summary>
    Bare,
}

/// <summary>When an exchange is over.</summary>
internal enum Ending
{
    /// <summary>The server ends the stream or the connection.</summary>
    Answer,

    /// <summary>The server answers a ping sent last, and so has read all before it: for what it need not answer. Then we close.</summary>
    Ping,

    /// <summary>We stop sending, and the server closes.</summary>
    Close,
}

/// <summary>A kind of hostile exchange.</summary>
/// <param name="Write">Sends the bytes of one on a stream; the generator chooses among what is as bad.</param>
/// <param name="Weight">How often it is drawn, beside 10 of the others; less where one costs the server, or the client, much.</param>
internal sealed record Attack(string Name, Reach Reach, Ending Ending, Action<FrameWriter, uint, Random> Write, int Weight = 10);
