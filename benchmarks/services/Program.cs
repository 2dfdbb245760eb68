using System.CommandLine;
using CoDe.Benchmarks.Services;

var seconds = new Option<int>("--seconds") { DefaultValueFactory = _ => 30 };
var steps = new Option<uint>("--steps") { DefaultValueFactory = _ => 8, Description = "N; at 8 the demonstration model's stages take about the same time." };
var batch = new Option<int>("--batch") { DefaultValueFactory = _ => 8 };

var overlap = new Command("overlap", "Both stages for real, each on a core of its own.") { steps, batch, seconds };
overlap.SetAction((arguments, _) => new Overlap(arguments.GetValue(steps), arguments.GetValue(batch), TimeSpan.FromSeconds(arguments.GetValue(seconds))).RunAsync(Console.Out));

return await new RootCommand("What the services add to the stages, and how well they keep them busy.") { overlap }.Parse(args).InvokeAsync();
