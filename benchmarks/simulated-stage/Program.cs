using System.CommandLine;
using CoDe.Engine.Serving;
using CoDe.Hosting.Lifecycle;
using CoDe.SimulatedStage;

var kind = new Option<string>("--kind") { Description = "drafter or refiner.", Required = true };
var milliseconds = new Option<double>("--milliseconds") { Description = "Time of a batch." };
var perImage = new Option<double>("--per-image") { Description = "Milliseconds more for each of its images." };
var port = new Option<int>("--port") { Description = "Where to listen; 0 for any that is free." };
var largestBatch = new Option<int>("--largest-batch")
{
    Description = "The most images that are decoded together.",
    DefaultValueFactory = _ => new StageOptions().LargestBatch,
};
var queueLimit = new Option<int>("--queue-limit")
{
    Description = "The most batches that wait; further are refused.",
    DefaultValueFactory = _ => new StageOptions().QueueLimit,
};
var certificate = new Option<string>("--certificate") { Description = "PEM file, for TLS." };
var key = new Option<string>("--key") { Description = "PEM file of the certificate's key." };
var clientAuthority = new Option<string>("--client-authority")
{
    Description = "PEM file of authorities: callers must present a certificate of one.",
};
kind.AcceptOnlyFromAmong("drafter", "refiner");
var root = new RootCommand(
    "A drafter or refiner without a model, on a device that takes a given time for a batch and computes nothing.")
{
    kind, milliseconds, perImage, port, largestBatch, queueLimit, certificate, key, clientAuthority,
};
root.SetAction(async (arguments, cancellation) =>
{
    var device = new SimulatedDevice(
        TimeSpan.FromMilliseconds(arguments.GetValue(milliseconds)),
        TimeSpan.FromMilliseconds(arguments.GetValue(perImage)), arguments.GetValue(queueLimit), TimeProvider.System);
    var models = new SimulatedModels(arguments.GetValue(largestBatch));
    var options = new StageOptions
    {
        Host = "127.0.0.1",
        Port = arguments.GetValue(port),
        Tls =
        {
            Certificate = arguments.GetValue(certificate) ?? "",
            Key = arguments.GetValue(key) ?? "",
            ClientAuthority = arguments.GetValue(clientAuthority) ?? "",
        },
    };
    await using var app = SimulatedHost.Create(arguments.GetValue(kind)!, options, device, models);
    await app.StartAndLoadAsync();
    await Console.Out.WriteLineAsync($"{arguments.GetValue(kind)} listens on {app.Urls.Single()}");
    await app.WaitForShutdownAsync(cancellation);
});
return await root.Parse(args).InvokeAsync();
