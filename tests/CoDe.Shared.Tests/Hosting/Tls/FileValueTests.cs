using System.Text;
using CoDe.Hosting.Tls;
using Microsoft.Extensions.Logging;
using Xunit;

namespace CoDe.Shared.Tests.Hosting.Tls;

/// <summary>A value that follows its files, at a clock that the test moves.</summary>
public sealed class FileValueTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("code-files-").FullName;
    private readonly Clock _clock = new();
    private readonly Lines _log = new();

    [Fact]
    public void Value_OfFilesThatChange_IsReadAgainASecondLater()
    {
        Write("a", "1");
        Write("b", "2");
        var value = Follow();
        Write("b", "3");
        Assert.Equal("1+2", value.Current);
        _clock.Add(TimeSpan.FromSeconds(1));
        Assert.Equal("1+3", value.Current);
        Assert.StartsWith("Took over certificates: ", Assert.Single(_log.All), StringComparison.Ordinal);
    }

    [Fact]
    public void Value_OfFilesThatAreTouched_IsTheSameObject()
    {
        Write("a", "1");
        Write("b", "2");
        var value = Follow();
        var first = value.Current;
        Write("b", "2");
        _clock.Add(TimeSpan.FromSeconds(1));
        Assert.Same(first, value.Current);
        Assert.Empty(_log.All);
    }

    [Fact]
    public void Value_OfFilesThatCannotBeRead_StaysAndIsToldOnce()
    {
        Write("a", "1");
        Write("b", "2");
        var value = Follow();
        Write("a", "bad");
        for (var look = 0; look < 3; look++)
        {
            _clock.Add(TimeSpan.FromSeconds(1));
            Assert.Equal("1+2", value.Current);
        }

        Assert.EndsWith("it is bad", Assert.Single(_log.All), StringComparison.Ordinal);
        File.Delete(Path.Combine(_folder, "a"));
        _clock.Add(TimeSpan.FromSeconds(1));
        Assert.Equal("1+2", value.Current);
        Assert.Equal(2, _log.All.Count);
        Write("a", "3");
        _clock.Add(TimeSpan.FromSeconds(1));
        Assert.Equal("3+2", value.Current);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private FileValue<string> Follow() => new(
        [Path.Combine(_folder, "a"), Path.Combine(_folder, "b")],
        files =>
        {
            var text = string.Join('+', files.Select(Encoding.ASCII.GetString));
            return text.StartsWith("bad", StringComparison.Ordinal)
                ? throw new InvalidDataException("it is bad")
                : text;
        },
        _clock, _log);

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_folder, name), text);

    private sealed class Clock : TimeProvider
    {
        private long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _ticks;

        public void Add(TimeSpan time) => _ticks += time.Ticks;
    }

    private sealed class Lines : ILogger
    {
        public List<string> All { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
            => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter)
            => All.Add(formatter(state, exception));
    }
}
