using System.Diagnostics;
using CoDe.Testing.Processes;
using Xunit;

namespace CoDe.EndToEnd.Processes;

/// <summary>Services that are told to end before they listen.</summary>
public sealed class EarlyShutdownTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("code-early-").FullName;

    /// <summary>The settings file is a pipe: until the test has written it, the program is put together.</summary>
    [Theory(Timeout = 60_000)]
    [InlineData("Drafter")]
    public async Task Process_ToldToEndBeforeItIsPutTogether_EndsWithZero(string program)
    {
        var settings = Path.Combine(_folder, "appsettings.json");
        Signals.MakePipe(settings);
        var start = new ProcessStartInfo(
            Path.Combine(AppContext.BaseDirectory, $"CoDe.{program}"),
            [
                $"--contentRoot={_folder}", $"--{program}:Host=127.0.0.1", $"--{program}:Port=0",
                $"--{program}:HttpPort=off",
            ])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        try
        {
            // Opens once the program has opened the other end, without a lock, which would refuse the program.
            await using (var written = await Task.Run(
                () => new FileStream(settings, FileMode.Open, FileAccess.Write, FileShare.ReadWrite)))
            {
                Signals.Terminate(process.Id);
                await written.WriteAsync("{}"u8.ToArray());
            }

            var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            await process.WaitForExitAsync();
            Assert.Equal((0, ""), (process.ExitCode, await error));
            Assert.DoesNotContain("listens on", await output, StringComparison.Ordinal);
        }
        finally
        {
            process.Kill();
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
