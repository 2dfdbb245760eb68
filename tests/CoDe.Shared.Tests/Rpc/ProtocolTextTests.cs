using FsCheck;
using FsCheck.Fluent;
using Grpc.Core;
using Grpc.Core.Wire;
using Xunit;

namespace CoDe.Tests.Rpc;

public sealed class ProtocolTextTests
{
    [Fact]
    public void PercentEncoding_ComesBack() => Check.QuickThrowOnFailure(Prop.ForAll<string>(text =>
    {
        // Text of unpaired surrogates has no UTF-8.
        var message = new string([.. (text ?? "").Where(character => !char.IsSurrogate(character))]);
        var encoded = ProtocolText.PercentEncode(message);
        return encoded.All(character => character is >= ' ' and <= '~') && ProtocolText.PercentDecode(encoded) == message;
    }));

    [Theory]
    [InlineData("100%", "100%")]
    [InlineData("%zz%4", "%zz%4")]
    [InlineData("%e2%98%ba", "☺")]
    public void PercentDecoding_OfAnything_Works(string text, string expected) => Assert.Equal(expected, ProtocolText.PercentDecode(text));

    [Theory]
    [InlineData("1n", 0)]
    [InlineData("250u", 2500)]
    [InlineData("99999999m", 999999990000)]
    [InlineData("2S", 20000000)]
    [InlineData("3M", 1800000000)]
    [InlineData("1H", 36000000000)]
    public void Timeout_IsRead(string text, long ticks) => Assert.Equal(ticks, ProtocolText.ParseTimeout(text)!.Value.Ticks);

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("-1S")]
    [InlineData("123456789S")]
    [InlineData("1.5S")]
    [InlineData("1x")]
    [InlineData(" 1S")]
    public void Timeout_ThatIsNone_IsNull(string text) => Assert.Null(ProtocolText.ParseTimeout(text));

    [Fact]
    public void Timeout_ComesBackWithinATick() => Check.QuickThrowOnFailure(Prop.ForAll(Gen.Choose(1, int.MaxValue).ToArbitrary(), microseconds =>
        ProtocolText.ParseTimeout(ProtocolText.FormatTimeout(TimeSpan.FromMicroseconds(microseconds))) is { } timeout
        && Math.Abs((timeout - TimeSpan.FromMicroseconds(microseconds)).TotalMicroseconds) <= (microseconds < 100_000_000 ? 0 : 1000)));

    [Fact]
    public void Metadata_RefusesWhatIsNoKey()
    {
        Assert.Throws<ArgumentException>(() => new Metadata.Entry("a key", "value"));
        Assert.Throws<ArgumentException>(() => new Metadata.Entry("key-bin", "value"));
        Assert.Throws<ArgumentException>(() => new Metadata.Entry("key", [1]));
        Assert.Throws<InvalidOperationException>(() => Metadata.Empty.Add("key", "value"));
        Assert.Equal("key", new Metadata.Entry("Key", "value").Key);
    }
}
