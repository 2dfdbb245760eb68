using System.CommandLine;
using CoDe.Resilience.Gateways;
using CoDe.Resilience.Jobs;
using CoDe.Resilience.Kills;
using CoDe.Resilience.Memory;
using CoDe.Resilience.Overload;

return await new RootCommand(
    "The services as processes of their own, while parts of them fail or too much is asked of them.")
{
    KillsCommand.Create(),
    OverloadCommand.Create(),
    MemoryCommand.Create(),
    GatewaysCommand.Create(),
    JobsCommand.Create(),
}.Parse(args).InvokeAsync();
