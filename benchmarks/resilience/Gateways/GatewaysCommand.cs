using System.CommandLine;
using System.Globalization;
using CoDe.Resilience.Load;

namespace CoDe.Resilience.Gateways;

/// <summary><c>gateways</c>: the dispatching one of two gateways goes away.</summary>
internal static class GatewaysCommand
{
    private const int Clients = 16;
    private const double SecondsBefore = 4;
    private const double SecondsAfter = 12;
    private const double MillisecondsOfABatch = 20;

    public static Command Create()
    {
        var command = new Command(
            "gateways",
            "Kill, stop and end the dispatching one of two gateways; exit code 1 if the other loses a call.");
        command.SetAction((_, cancellation) => RunAsync(cancellation));
        return command;
    }

    private static async Task<int> RunAsync(CancellationToken cancellation)
    {
        await Console.Out.WriteLineAsync(
            """
            | the dispatching gateway gets | requests of the other | answered | lost | p50 ms | longest ms |
            |---|---|---|---|---|---|
            """);
        var lost = 0;
        foreach (var loss in LossOfGateway.All)
        {
            await using var gateways = await TwoGateways.StartAsync(MillisecondsOfABatch);
            var (_, outcomes) = await gateways.LoseAsync(loss, Clients, SecondsBefore, SecondsAfter, cancellation);
            double[] milliseconds = [.. outcomes.Select(outcome => outcome.Milliseconds)];
            var answered = outcomes.Count(outcome => outcome.IsAnswered);
            lost += outcomes.Length - answered;
            await Console.Out.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture,
                $"| {loss.Name} | {outcomes.Length:N0} | {answered:N0} | {outcomes.Length - answered} "
                + $"| {milliseconds.Quantile(0.5):N0} | {milliseconds.Max():N0} |"));
        }

        return lost == 0 ? 0 : 1;
    }
}
