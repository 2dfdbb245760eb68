namespace CoDe.EndToEnd.Hostile;

/// <summary>The server's reaction to an exchange in few words, with the headers and trailers of its answer.</summary>
internal sealed record Reaction(string Name, IReadOnlyDictionary<string, string> Headers)
{
    /// <summary>No reaction within the time allowed, which is a fault whatever the attack.</summary>
    public const string Hang = "nothing";

    public Reaction(string name)
        : this(name, new Dictionary<string, string>())
    {
    }

    /// <summary>Names a whole response by its headers and trailers.</summary>
    public static Reaction Of(IReadOnlyDictionary<string, string> headers)
        => headers.TryGetValue("grpc-status", out var status)
            ? new($"grpc-status {status}", headers)
            : new($"HTTP {headers.GetValueOrDefault(":status", "?")}", headers);
}
