namespace CoDe.EndToEnd.Hostile;

/// <summary>What the server did about an exchange, in few words, and the headers and trailers it answered with.</summary>
internal sealed record Reaction(string Name, IReadOnlyDictionary<string, string> Headers)
{
    /// <summary>The server did nothing within the time allowed, which is a fault whatever the attack.</summary>
    public const string Hang = "nothing";

    public Reaction(string name)
        : this(name, new Dictionary<string, string>())
    {
    }

    /// <summary>By the headers and trailers of a whole response.</summary>
    public static Reaction Of(IReadOnlyDictionary<string, string> headers)
        => new(headers.TryGetValue("grpc-status", out var status) ? $"grpc-status {status}" : $"HTTP {headers.GetValueOrDefault(":status", "?")}", headers);
}
