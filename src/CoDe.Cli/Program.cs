using System.CommandLine;
using CoDe.Cli;
using CoDe.Cli.Bench;
using CoDe.Cli.Generate;
using CoDe.Cli.Inspect;
using CoDe.Cli.Jobs;
using CoDe.Cli.Keys;
using CoDe.Cli.Load;
using CoDe.Cli.Plan;
using CoDe.Cli.Sample;
using CoDe.Cli.Synthesize;
using CoDe.Cli.Train;
using CoDe.Cli.Verify;

const string Description =
    "Collaborative decoding of visual autoregressive models: a large drafter, a small refiner.";
return await CommandLine.RunAsync(args, new RootCommand(Description)
{
    GenerateCommand.Create(),
    SampleCommand.Create(),
    VerifyCommand.Create(),
    BenchCommand.Create(),
    LoadCommand.Create(),
    PlanCommand.Create(),
    InspectCommand.Create(),
    SynthesizeCommand.Create(),
    TrainCommand.Create(),
    FinetuneCommand.Create(),
    JobsCommand.Create(),
    KeysCommand.Create(),
});
