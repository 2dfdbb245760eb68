using CoDe.Engine.Training.Data;
using Xunit;

namespace CoDe.Engine.Tests.Training;

public sealed class TokenCacheTests : IDisposable
{
    private const int Count = 1500;

    private static readonly TrainingImages Images = new(
        "", ["a", "b"], [.. Enumerable.Range(0, Count).Select(i => new TrainingImage(i % 2, ""))],
        _ => throw new InvalidOperationException("Tokens come from the test."));

    private readonly string _folder = Directory.CreateTempSubdirectory("code-tokens-").FullName;

    [Fact]
    public void Open_AfterAFailure_EncodesOnlyWhatIsInNoFile()
    {
        var encoded = new List<int>();
        Assert.Throws<InvalidOperationException>(
            () => Open(image => image < 1100 ? Tokens(image) : throw new InvalidOperationException()));
        var tokens = Open(image =>
        {
            encoded.Add(image);
            return Tokens(image);
        });
        Assert.Equal(Enumerable.Range(1024, Count - 1024), encoded);
        Assert.Equal(Count, tokens.Count);
        Assert.All([0, 1023, 1024, Count - 1], image =>
        {
            Assert.Equal(Tokens(image), tokens.Tokens(image).ToArray());
            Assert.Equal(image % 2, tokens.Label(image));
        });
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static ushort[] Tokens(int image) => [(ushort)image, ushort.MaxValue, (ushort)(2 * image)];

    private TokenSet Open(Func<int, IEnumerable<ushort>> encode)
        => TokenCache.Open(_folder, "abc", Images, 3, encode, _ => { }, CancellationToken.None);
}
