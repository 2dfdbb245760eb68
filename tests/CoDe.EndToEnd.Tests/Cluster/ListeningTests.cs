using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using CoDe.Hosting.Listening;
using CoDe.Testing.Processes;
using Xunit;

namespace CoDe.EndToEnd.Cluster;

/// <summary>Ports that a gateway process opens, as Linux tells them.</summary>
public sealed partial class ListeningTests
{
    /// <summary>
    /// Stages that are not there, in place of embedded ones, which listen too. Port 1 is reserved for a service that
    /// nobody runs.
    /// </summary>
    private static readonly string[] Stages =
        ["--Gateway:Drafters:0=http://127.0.0.1:1", "--Gateway:Refiners:0=http://127.0.0.1:1"];

    private static readonly string[] Tables = ["tcp", "tcp6"];

    [Fact]
    public async Task Gateway_OfACluster_OpensThreePortsAtTheAddressesOfItsSettings()
    {
        var silo = FreePort.Find();
        await using var redis = await RedisServer.StartAsync();
        await using var gateway = await ServiceProcess.StartGatewayAsync(
            [redis.Setting, "--Gateway:SiloHost=127.0.0.2", $"--Gateway:SiloPort={silo}", .. Stages]);
        Assert.Equal(
            new[] { $"127.0.0.1:{gateway.Port}", $"127.0.0.1:{gateway.HttpAddress.Port}", $"127.0.0.2:{silo}" }.Order(),
            PortsOf(gateway).Order());
    }

    [Fact]
    public async Task Gateway_ThatIsAlone_OpensNothingBeyondLoopback()
    {
        await using var gateway = await ServiceProcess.StartGatewayAsync(Stages);
        var ports = PortsOf(gateway);
        Assert.Equal(3, ports.Length);
        Assert.All(ports, port => Assert.StartsWith("127.0.0.1:", port, StringComparison.Ordinal));
    }

    private static string[] PortsOf(ServiceProcess process)
    {
        var sockets = new DirectoryInfo($"/proc/{process.ProcessId}/fd").EnumerateFileSystemInfos()
            .Select(file => file.LinkTarget).ToHashSet();
        return
        [
            .. Tables
                .SelectMany(table => File.ReadLines($"/proc/{process.ProcessId}/net/{table}"))
                .Select(line => Listening().Match(line))
                .Where(line => line.Success && sockets.Contains($"socket:[{line.Groups["inode"].Value}]"))
                .Select(line => $"{AddressOf(line.Groups["address"].Value)}:{PortOf(line.Groups["port"].Value)}"),
        ];
    }

    /// <summary>Words of four bytes in hexadecimal, the last byte first.</summary>
    private static IPAddress AddressOf(string words)
        => new([.. Convert.FromHexString(words).Chunk(4).SelectMany(word => word.Reverse())]);

    private static int PortOf(string text) => int.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    /// <summary>A line of the table for a socket in the state 0A, which listens.</summary>
    [GeneratedRegex(
        @"^\s*\d+: (?<address>[0-9A-F]+):(?<port>[0-9A-F]{4}) [0-9A-F]+:0000 0A( +\S+){5} +(?<inode>\d+) ",
        RegexOptions.ExplicitCapture)]
    private static partial Regex Listening();
}
