using System.CommandLine;
using System.Globalization;
using System.Numerics;
using System.Text.Json;
using CoDe.Flow;
using CoDe.Gateway;
using CoDe.Gateway.Http;
using CoDe.Hosting.Options;
using CoDe.Protocol.V1;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Primitives;
using Xunit;

namespace CoDe.EndToEnd.Faces;

/// <summary>
/// Numbers on the command line, in queries, JSON and settings: what one accepts, the others accept and read alike.
/// </summary>
public sealed class NumberAgreementTests
{
    private const int MostSeconds = 3600;

    private static readonly Command Generate = Cli.Generate.GenerateCommand.Create();

    /// <summary>Any text of characters that numbers are made of, or that some parser takes besides.</summary>
    private static readonly Gen<string> Scraps = Gen.Elements(
        "0123456789+-.,eE xX#&hNaInfty_\t\u00a0\u0660".ToCharArray()).ArrayOf().Resize(7)
        .Select(characters => new string(characters));

    private static readonly Gen<ulong> Wholes = Gen.OneOf(
        Gen.Choose(0, 5000).Select(value => (ulong)value),
        Gen.Choose(0, int.MaxValue).Two().Select(halves => ((ulong)halves.Item1 << 33) + (ulong)halves.Item2),
        Gen.Elements<ulong>(0, uint.MaxValue, (1UL << 53) + 1, long.MaxValue, ulong.MaxValue));

    private static readonly Gen<string> WholeTexts = Gen.OneOf(
        Scraps,
        from value in Wholes
        from form in Gen.Elements("{0}", "+{0}", "0{0}", " {0} ", "{0}.0", "{0}.", "{0}e0", "{0}0e-1", "{0}e1", "{0}.5")
        select string.Format(CultureInfo.InvariantCulture, form, value));

    private static readonly Gen<string> RealTexts = Gen.OneOf(
        Scraps,
        from thousandths in Gen.Choose(-200_000, 200_000)
        from format in Gen.Elements("0.###", "0.000", "+0.0;-0.0", "0.00e+0", " 0.0", "0", "#,##0.000")
        from sign in Gen.Elements('.', ',')
        select (thousandths / 1000.0).ToString(format, CultureInfo.InvariantCulture).Replace('.', sign));

    [Fact]
    public void Seed_OfAnyText_IsReadAlike()
        => Check(WholeTexts, text =>
        {
            var typed = Typed<ulong?>("--seed", text);
            return typed == Asked(text, "seed", request => (ulong?)request.Seed)
                && typed == InJson($$"""{"seed":{{JsonSerializer.Serialize(text)}}}""", request => (ulong?)request.Seed)
                && (!IsJsonNumber(text) || typed == InJson($$"""{"seed":{{text}}}""", request => (ulong?)request.Seed));
        });

    [Fact]
    public void Guidance_OfAnyText_IsReadAlike()
        => Check(RealTexts, text =>
        {
            var typed = Typed<double?>("--guidance", text);
            return typed == Asked(text, "guidance", request => (double?)request.Settings.Guidance)
                && typed == InJson(
                    $$$"""{"settings":{"guidance":{{{JsonSerializer.Serialize(text)}}}}}""",
                    request => (double?)request.Settings.Guidance)
                && (!IsJsonNumber(text) || typed == InJson(
                    $$$"""{"settings":{"guidance":{{{text}}}}}""", request => (double?)request.Settings.Guidance));
        });

    [Fact]
    public void Temperature_OfAnyText_IsOneNumberOrAList()
        => Check(RealTexts, text => Accepted(() => string.Join(' ', NumberText.Reals("temperature", text, "")))
            == Asked(text, "temperature", request => string.Join(' ', request.Settings.Temperatures)));

    [Fact]
    public void Setting_OfAnyText_IsReadAsOnTheCommandLine()
        => Check(WholeTexts, text =>
        {
            var typed = Typed<int?>("--batch", text);
            return Configured(text) == (typed is >= 0 and <= MostSeconds ? typed : null);
        });

    [Fact]
    public void Integer_OfAnyNumber_IsItsValue()
        => Prop.ForAll(Wholes.ToArbitrary(), Gen.Choose(0, 12).ToArbitrary(), (value, places) =>
        {
            var digits = value.ToString(CultureInfo.InvariantCulture);
            var moved = string.Create(CultureInfo.InvariantCulture, $"0.{digits}e{digits.Length + places}");
            return NumberText.TryInteger(digits, out var plain) && plain == value
                && NumberText.TryInteger(moved, out var far) && far == value * BigInteger.Pow(10, places);
        }).Check(Config.QuickThrowOnFailure);

    [Theory]
    [InlineData("1,5", 1.5)]
    [InlineData("0,9", 0.9)]
    [InlineData("0,960", 0.96)]
    [InlineData("1.5e1", 15.0)]
    [InlineData(" -2. ", -2.0)]
    [InlineData("1,500")]
    [InlineData("1.500,0")]
    [InlineData("1,5,0")]
    [InlineData("NaN")]
    [InlineData("1e999")]
    [InlineData("0x1F")]
    [InlineData("\u0661")]
    [InlineData("1 2")]
    [InlineData("")]
    public void Real_OfAText_IsItsValueOrRefused(string text, double? value = null)
        => Assert.Equal(value, NumberText.TryReal(text, out var read) ? read : null);

    [Theory]
    [InlineData("1e3", 1000)]
    [InlineData("12.50e1", 125)]
    [InlineData("-0", 0)]
    [InlineData("-7", -7)]
    [InlineData("1e-1")]
    [InlineData("0.99999999999999999999999999999999999999")]
    [InlineData("1e99999999999")]
    [InlineData("1,0")]
    [InlineData("0x10")]
    [InlineData("1_000")]
    public void Integer_OfAText_IsItsValueOrRefused(string text, int? value = null)
        => Assert.Equal(value, NumberText.TryInteger(text, out var read) ? (int)read : null);

    private static void Check(Gen<string> texts, Func<string, bool> agree)
        => Prop.ForAll(texts.ToArbitrary(), agree).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));

    private static T? Typed<T>(string option, string text)
    {
        var result = Generate.Parse(["--label=1", "--output=x.png", $"{option}={text}"]);
        return result.Errors.Count == 0 ? result.GetValue<T>(option) : default;
    }

    private static T? Asked<T>(string text, string field, Func<GenerateRequest, T?> value)
        => Accepted(() => value(ImageQuery.Read(
            new QueryCollection(new Dictionary<string, StringValues> { [field] = text }), null)));

    private static T? InJson<T>(string text, Func<GenerateRequest, T?> value)
        => Accepted(() => value(JsonBody.Parse<GenerateRequest>(text)));

    private static int? Configured(string text)
    {
        var key = $"Gateway:{nameof(GatewayOptions.DrainSeconds)}";
        var settings = new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create(key, (string?)text)]);
        return Accepted<int?>(() => settings.Build().Read("Gateway", new GatewayOptions()).DrainSeconds);
    }

    /// <summary>Reads a value; the default where it is refused as a user's error.</summary>
    private static T? Accepted<T>(Func<T?> read)
    {
        try
        {
            return read();
        }
        catch (InputException)
        {
            return default;
        }
    }

    private static bool IsJsonNumber(string text)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            return json.RootElement.ValueKind == JsonValueKind.Number;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
