using System.CommandLine;

namespace CoDe.Cli.Keys;

/// <summary><c>code keys</c>: keys by which a gateway knows its callers.</summary>
internal static class KeysCommand
{
    public static Command Create() => new("keys", "Make keys for the callers of a gateway.") { NewCommand.Create() };
}
