/// <summary>
/// Prints the size of the managed heap of a service that is started with DOTNET_STARTUP_HOOKS naming this assembly.
/// </summary>
internal static class StartupHook
{
    /// <summary>Text before the bytes.</summary>
    public const string Announcement = "managed heap: ";

    /// <summary>The environment variable that, with 1, has everything collected before it tells.</summary>
    public const string Collect = "CODE_COLLECT";

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>Called by the runtime before the program.</summary>
    public static void Initialize() => new Thread(Tell) { IsBackground = true, Name = "heap" }.Start();

    private static void Tell()
    {
        var collects = Environment.GetEnvironmentVariable(Collect) == "1";
        while (true)
        {
            Thread.Sleep(Period);
            if (collects)
            {
                GC.Collect();
            }

            Console.Out.WriteLine($"{Announcement}{GC.GetGCMemoryInfo(GCKind.Any).HeapSizeBytes}");
        }
    }
}
