using System.CommandLine;

namespace CoDe.Resilience.Memory;

internal static class MemoryCommand
{
    public static Command Create() => new("memory");
}
