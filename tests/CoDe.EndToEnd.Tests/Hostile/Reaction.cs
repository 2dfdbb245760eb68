namespace CoDe.EndToEnd.Hostile;

/// <summary>The server's reaction to an exchange in few words.</summary>
internal sealed record Reaction(string Name)
{
    /// <summary>No reaction within the time allowed, which is a fault whatever the attack.</summary>
    public const string Hang = "nothing";

    /// <summary>Names a whole response by its headers and trailers.</summary>
    public static Reaction Of(IReadOnlyDictionary<string, string> headers)
        => headers.TryGetValue("grpc-status", out var status)
            ? new($"grpc-status {status}")
            : new($"HTTP {headers.GetValueOrDefault(":status", "?")}");
}
