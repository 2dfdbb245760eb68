using System.Diagnostics;
using CoDe.Testing.Processes;
using Xunit;

namespace CoDe.EndToEnd.Processes;

/// <summary>Service processes in the first moments of their start.</summary>
public sealed class StartTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("code-start-").FullName;

    [Theory]
    [InlineData("CoDe.Gateway")]
    [InlineData("CoDe.Drafter")]
    public async Task Process_ToldToEndBeforeItsSettingsAreRead_EndsWithZero(string program)
    {
        var settings = Path.Combine(_folder, "appsettings.json");
        Signals.MakePipe(settings);
        using var process = Start(program);
        // Opening waits until the process reads its settings, which it does before anything of it is made.
        await using (var writer = await Task.Run(() => new FileStream(settings, FileMode.Open, FileAccess.Write)))
        {
            // It reads them more than once.
            File.Delete(settings);
            await File.WriteAllTextAsync(settings, "{}");
            Signals.Terminate(process.Id);
            await writer.WriteAsync("{}"u8.ToArray());
        }

        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
    }

    [Fact]
    public async Task Process_AfterItsStart_DoesNotFollowChangesOfFiles()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "appsettings.json"), "{}");
        await using var process = await ServiceProcess.StartGatewayAsync($"--contentRoot={_folder}");
        var watches = Directory.EnumerateFiles($"/proc/{process.ProcessId}/fd")
            .Select(file => File.ResolveLinkTarget(file, returnFinalTarget: false)?.Name)
            .Where(name => name?.Contains("inotify", StringComparison.Ordinal) == true);
        Assert.Empty(watches);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private Process Start(string program)
    {
        var start = new ProcessStartInfo(
            Path.Combine(AppContext.BaseDirectory, program), [$"--contentRoot={_folder}"]);
        return Process.Start(start)!;
    }
}
