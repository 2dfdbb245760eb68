using System.CommandLine;
using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Order;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using CoDe.Benchmarks.Operators;
using CoDe.Engine.Compute.Cpu;

var threads = new Option<int>("--threads") { DefaultValueFactory = _ => 1 };
var path = new Option<InstructionPath>("--isa") { DefaultValueFactory = _ => CpuBackend.Supported().First() };
var precision = new Option<CpuPrecision>("--precision");
var root = new RootCommand("Each operator against what the machine reaches at best.") { threads, path, precision };
root.SetAction(async (arguments, _) =>
{
    OperatorBenchmarks.Options = new CpuOptions(
        arguments.GetValue(path), arguments.GetValue(precision), arguments.GetValue(threads));
    var machine = Machine.Measure(
        arguments.GetValue(path), arguments.GetValue(precision), arguments.GetValue(threads));
    var summary = BenchmarkRunner.Run<OperatorBenchmarks>(ManualConfig.CreateEmpty()
        .AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance))
        .AddLogger(NullLogger.Instance)
        .AddColumnProvider(DefaultColumnProviders.Params)
        .AddColumn(StatisticColumn.Median)
        .AddColumn(RooflineColumn.All(machine))
        .WithSummaryStyle(SummaryStyle.Default.WithMaxParameterColumnWidth(100))
        .WithOrderer(new DefaultOrderer(SummaryOrderPolicy.Declared))
        .WithArtifactsPath(Path.Combine(AppContext.BaseDirectory, "results")));
    var setting = FormattableString.Invariant(
        $"{arguments.GetValue(path)}, {arguments.GetValue(precision)}, {arguments.GetValue(threads)} threads");
    var roof = string.Create(
        CultureInfo.InvariantCulture,
        $"{machine.Operations / 1e9:0} GFLOP/s, products {machine.Products / 1e9:0}, {machine.Bytes / 1e9:0.0} GB/s");
    await Console.Out.WriteLineAsync($"{setting}; at best {roof}");
    MarkdownExporter.GitHub.ExportToLog(summary, ConsoleLogger.Ascii);
});
return await root.Parse(args).InvokeAsync();
