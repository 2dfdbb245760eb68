using System.CommandLine;
using CoDe.Cli;
using CoDe.Cli.Bench;
using CoDe.Cli.Generate;
using CoDe.Cli.Inspect;
using CoDe.Cli.Sample;
using CoDe.Cli.Synthesize;
using CoDe.Cli.Verify;

return await CommandLine.RunAsync(args, new RootCommand("Collaborative decoding of visual autoregressive models: a large drafter, a small refiner.")
{
    GenerateCommand.Create(),
    SampleCommand.Create(),
    VerifyCommand.Create(),
    BenchCommand.Create(),
    InspectCommand.Create(),
    SynthesizeCommand.Create(),
});
