using CoDe.Testing;
using CoDe.Testing.Processes;

namespace CoDe.EndToEnd.Examples;

/// <summary>The example programs in one language, and how they are run.</summary>
internal sealed class ExampleClient
{
    private readonly string _interpreter;
    private readonly string _ending;

    private ExampleClient(string name, string interpreter, string ending, string remedy, params string[] probe)
    {
        (Name, _interpreter, _ending) = (name, interpreter, ending);
        Missing = Command.SucceedsAsync(interpreter, probe)
            .GetAwaiter().GetResult() ? null : $"what examples/{name} needs is not installed: {remedy}";
    }

    public static IReadOnlyList<ExampleClient> All { get; } =
    [
        new(
            "python",
            "/usr/bin/python3",
            "py",
            "apt-get install python3-grpcio protobuf-compiler protobuf-compiler-grpc, or tests/install",
            "-c",
            "import google.protobuf, grpc, shutil; "
            + "assert shutil.which('protoc') and shutil.which('grpc_python_plugin')"),
        new(
            "node",
            "node",
            "js",
            "Node 20 and npm ci in examples/node, or tests/install",
            "-e",
            $"require('{Folder}/node/node_modules/@grpc/grpc-js'); "
            + $"require('{Folder}/node/node_modules/@grpc/proto-loader')"),
    ];

    public string Name { get; }

    /// <summary>Remedy for missing requirements; null if none is missing.</summary>
    public string? Missing { get; }

    private static string Folder => Path.Combine(
        RepositoryPaths.Root, "examples");

    public static ExampleClient Named(string name) => All.Single(client => client.Name == name);

    public Task<CommandResult> RunAsync(string program, params string[] arguments)
        => Command.RunAsync(_interpreter, [FileOf(program), .. arguments]);

    /// <summary>Runs a program that has a key for the gateway in its environment.</summary>
    public Task<CommandResult> RunWithKeyAsync(string key, string program, params string[] arguments)
        => Command.RunAsync(
            _interpreter, [FileOf(program), .. arguments], new Dictionary<string, string> { ["CODE_KEY"] = key });

    private string FileOf(string program) => Path.Combine(Folder, Name, $"{program}.{_ending}");
}
