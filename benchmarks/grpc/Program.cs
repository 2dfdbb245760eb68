using System.CommandLine;
using System.Diagnostics;
using System.Reflection;
using System.Text.Json;
using CoDe.Benchmarks.Grpc;
using CoDe.Interop;

var port = new Option<int>("--port") { Required = true };
var concurrency = new Option<int>("--concurrency") { DefaultValueFactory = _ => 1 };
var seconds = new Option<double>("--seconds") { DefaultValueFactory = _ => 5 };
var size = new Option<int>("--size") { Description = "Bytes of each payload; 0 for empty messages." };
var rounds = new Option<int>("--rounds") { DefaultValueFactory = _ => 3, Description = "Of which the median counts." };

var load = new Command("load", "Calls a server and prints a line of JSON.") { port, concurrency, seconds, size };
load.SetAction(async (arguments, _) =>
{
    var result = await new Load(arguments.GetValue(concurrency), arguments.GetValue(seconds), arguments.GetValue(size)).RunAsync(arguments.GetValue(port));
    await Console.Out.WriteLineAsync(JsonSerializer.Serialize(result));
});

var together = new Command("allocations", "Client and server in one process: managed bytes a call of both.") { seconds };
together.SetAction(async (arguments, cancellation) =>
{
    await using var server = await InteropServer.StartAsync(0, cancellation: cancellation);
    var result = await new Load(1, arguments.GetValue(seconds), 0).RunAsync(new Uri(server.Urls.First()).Port);
    await Console.Out.WriteLineAsync(JsonSerializer.Serialize(result));
});

var root = new RootCommand("Our gRPC beside grpcio's server and grpc-js's client, as a table.") { load, together, seconds, rounds };
root.SetAction(async (arguments, _) =>
{
    using var ours = PeerServer.StartOurs(null, "--window", $"{4 << 20}");
    using var grpcio = Peer.Named("grpcio").StartServer();
    string folder = Assembly.GetExecutingAssembly().GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == "BenchmarkFolder").Value!;
    (string Name, string[] Command)[] clients = [("CoDe", [Environment.ProcessPath!, "load"]), ("grpc-js", ["node", Path.Combine(folder, "load.js")])];
    (string Name, int Port)[] servers = [("CoDe", ours.Port), ("grpcio", grpcio.Port)];
    await Console.Out.WriteLineAsync("| calls | concurrent | client | server | calls/s | p50 ms | p99 ms | MB/s | bytes allocated a call (client) |\n|---|---|---|---|---|---|---|---|---|");
    foreach (var (kind, bytes, parallel) in new[] { ("empty", 0, 1), ("empty", 0, 10), ("empty", 0, 100), ("1 MB", 1_000_000, 1), ("1 MB", 1_000_000, 10) })
    {
        var pairs = (from client in clients from server in servers select (client, server)).ToArray();
        var rows = Enumerable.Range(0, arguments.GetValue(rounds)).SelectMany(_ => pairs).GroupBy(
            pair => pair,
            pair => Measure([.. pair.client.Command, "--port", $"{pair.server.Port}", "--concurrency", $"{parallel}", "--seconds", $"{arguments.GetValue(seconds)}", "--size", $"{bytes}"]));
        foreach (var row in rows)
        {
            var median = row.OrderBy(result => result.CallsPerSecond).ElementAt(row.Count() / 2);
            await Console.Out.WriteLineAsync(
                $"| {kind} | {parallel} | {row.Key.client.Name} | {row.Key.server.Name} | {median.CallsPerSecond:N0} | {median.P50:N2} | {median.P99:N2} | {(bytes > 0 ? $"{median.MegabytesPerSecond:N0}" : "")} | {(median.AllocatedPerCall > 0 ? $"{median.AllocatedPerCall:N0}" : "")} |");
        }
    }
});
return await root.Parse(args).InvokeAsync();

static Measurement Measure(string[] command)
{
    using var process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true })!;
    var output = process.StandardOutput.ReadToEnd();
    process.WaitForExit();
    return JsonSerializer.Deserialize<Measurement>(output)!;
}
