using System.CommandLine;
using CoDe.Interop;
using Grpc.Net.Client;

var port = new Option<int>("--port") { Description = "On 127.0.0.1; 0 for any that is free." };
var window = new Option<int?>("--window") { Description = "Bytes that a client may send ahead on a stream." };
var only = new Option<string?>("--case") { Description = "One case only." };
var server = new Command("server", "Serves grpc.testing.TestService until it is told to end.") { port, window };
server.SetAction(async (arguments, cancellation) =>
{
    await using var app = await InteropServer.StartAsync(arguments.GetValue(port), arguments.GetValue(window), cancellation);
    await Console.Out.WriteLineAsync($"listening on {new Uri(app.Urls.First()).Port}");
    await app.WaitForShutdownAsync(cancellation);
});
var client = new Command("client", "Runs the cases against a server and prints a line of JSON for each.") { port, only };
client.SetAction(async (arguments, _) =>
{
    using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{arguments.GetValue(port)}");
    var failed = 0;
    foreach (var (name, run) in InteropCases.All.Where(entry => arguments.GetValue(only) is not { } wanted || wanted == entry.Key))
    {
        var failure = await run(channel).ContinueWith(task => task.Exception?.InnerException?.Message);
        failed += failure is null ? 0 : 1;
        await Console.Out.WriteLineAsync(System.Text.Json.JsonSerializer.Serialize(new { @case = name, result = failure is null ? "passed" : "failed", detail = failure ?? "" }));
    }

    return failed == 0 ? 0 : 1;
});
return await new RootCommand("The gRPC interoperability contract, both sides.") { server, client }.Parse(args).InvokeAsync();
