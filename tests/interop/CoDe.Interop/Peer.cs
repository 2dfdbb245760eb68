using System.ComponentModel;
using System.Diagnostics;
using System.Reflection;
using System.Text.Json;

namespace CoDe.Interop;

/// <summary>A gRPC implementation that is not ours: how its programs are run, and what it lacks.</summary>
public sealed class Peer
{
    private Peer(string name, string program, string suffix, string remedy, params string[] probe)
    {
        (Name, Program, Suffix) = (name, program, suffix);
        Missing = Runs([program, .. probe]) ? null : $"{name} is not installed: {remedy}";
    }

    /// <summary>Where the programs of all are.</summary>
    public static string Folder { get; } =
        typeof(Peer).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == "InteropFolder").Value!;

    public static IReadOnlyList<Peer> All { get; } =
    [
        new("grpcio", "/usr/bin/python3", "python/{0}.py", "apt-get install python3-grpcio python3-grpc-tools python3-pkg-resources", "-c", "import grpc, grpc_tools.protoc"),
        new("grpc-js", "node", "node/{0}.js", "npm ci in tests/interop/node", "-e", $"require('{Folder}/node/node_modules/@grpc/grpc-js')"),
    ];

    public string Name { get; }

    /// <summary>How to install it, or null where it is.</summary>
    public string? Missing { get; }

    private string Program { get; }

    private string Suffix { get; }

    public static Peer Named(string name) => All.Single(peer => peer.Name == name);

    /// <summary>Cases that its server has no means for, with the reason.</summary>
    public IReadOnlyDictionary<string, string> ServerLacks()
        => JsonSerializer.Deserialize<Dictionary<string, string>>(Run([Program, Script("server"), "--lacking"]).Output)!;

    public PeerServer StartServer() => PeerServer.Start(Program, [Script("server"), "--port", "0"]);

    /// <summary>What its client says of each case against a server: result and detail.</summary>
    public IReadOnlyDictionary<string, (string Result, string Detail)> RunClient(int port)
    {
        return Print("client", port).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement).ToDictionary(
            line => line.GetProperty("case").GetString()!,
            line => (line.GetProperty("result").GetString()!, line.GetProperty("detail").GetString()!));
    }

    /// <summary>What one of its programs prints.</summary>
    public string Print(string script, int port) => Run([Program, Script(script), "--port", $"{port}"]).Output;

    private static bool Runs(string[] command)
    {
        try
        {
            return Run(command).ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }

    private static (int ExitCode, string Output) Run(string[] command)
    {
        using var process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        _ = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
    }

    private string Script(string role) => Path.Combine(Folder, string.Format(System.Globalization.CultureInfo.InvariantCulture, Suffix, role));
}
