using System.Net;
using System.Security.Cryptography;
using CoDe.Hosting.Lifecycle;
using Garnet;
using Garnet.server;
using Garnet.server.Auth.Settings;
using Tsavorite.core;

namespace CoDe.Gateway.Redis;

/// <summary>
/// Runs Garnet, a server of the Redis protocol, in this process. What it has acknowledged is in its folder and survives
/// a crash: the log of commands is written before the answer, and what exceeds the memory goes to disk.
/// </summary>
internal sealed class EmbeddedRedis(string folder, int port, string password) : StartupCheck, IDisposable
{
    private const string LockFile = "gateway.lock";

    private FileStream? _lock;
    private GarnetServer? _server;

    public static string NewPassword() => RandomNumberGenerator.GetHexString(32);

    public string Connection => $"127.0.0.1:{port},password={password}";

    /// <exception cref="IOException">The folder cannot be used, or another gateway uses it.</exception>
    public override Task StartingAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        _lock = Lock();
        _server = new GarnetServer(OptionsOf(folder, port, password));
        _server.Start();
        return Task.CompletedTask;
    }

    /// <summary>Ends the server after everything that uses it.</summary>
    public override Task StoppedAsync(CancellationToken cancellationToken)
    {
        Dispose();
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        _server?.Dispose();
        _server = null;
        _lock?.Dispose();
    }

    /// <summary>
    /// Commits each command to the log before it is answered (a frequency of 0). Beyond 64 MiB records go to disk
    /// instead of being dropped; checkpoints and compaction bound what is on disk.
    /// </summary>
    private static GarnetServerOptions OptionsOf(string folder, int port, string password) => new()
    {
        EndPoints = [new IPEndPoint(IPAddress.Loopback, port)],
        AuthSettings = new PasswordAuthenticationSettings(password),
        QuietMode = true,
        CheckpointDir = folder,
        LogDir = folder,
        EnableStorageTier = true,
        DeviceType = DeviceType.RandomAccess,
        LogMemorySize = "64m",
        PageSize = "4m",
        SegmentSize = "32m",
        IndexMemorySize = "4m",
        EnableAOF = true,
        CommitFrequencyMs = 0,
        AofMemorySize = "32m",
        AofPageSize = "8m",
        AofSegmentSize = "32m",
        AofSizeLimit = "64m",
        AofSizeLimitEnforceFrequencySecs = 10,
        CompactionFrequencySecs = 60,
        CompactionType = LogCompactionType.Lookup,
        CompactionMaxSegments = 2,
        Recover = true,
        FailOnRecoveryError = true,
        EnableLua = true,
        LuaOptions = new LuaOptions(),
    };

    private FileStream Lock()
    {
        try
        {
            return new FileStream(
                Path.Combine(folder, LockFile), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException error)
        {
            throw new IOException(
                $"Gateway:DataFolder {folder} is used by another gateway, or cannot be written: {error.Message} "
                + "Several gateways share a folder with Gateway:Redis only.", error);
        }
    }
}
