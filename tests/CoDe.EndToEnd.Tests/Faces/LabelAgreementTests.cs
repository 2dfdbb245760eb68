using System.Text.Json;
using CoDe.Flow;
using CoDe.Gateway.Http;
using CoDe.Protocol.V1;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Xunit;

namespace CoDe.EndToEnd.Faces;

/// <summary>Labels on the command line, where commas divide them, in queries and in JSON.</summary>
public sealed class LabelAgreementTests
{
    private static readonly ClassNames Names = new(
        ["star", "tench, Tinca tinca", "", "a,b", "Größe", "12b", "none of it"], 9);

    private static readonly Gen<string> Texts = Gen.OneOf(
        Gen.Elements("0123456789., -abstrnoe\tß\u0661".ToCharArray()).ArrayOf().Resize(5)
            .Select(characters => new string(characters)),
        from text in Gen.Elements([.. Names.Known, "none", "NONE", "0..8", "3..1", "00", "8", "9", "+1", "1..9"])
        from form in Gen.Elements("{0}", " {0}", "{0}\t", "{0},")
        select string.Format(null, form, text));

    [Fact]
    public void Label_OfAnyText_IsReadAlike()
        => Prop.ForAll(Texts.ToArbitrary(), text =>
        {
            var typed = Classes(Names.Split(text));
            var body = $$"""{"labels":[{{JsonSerializer.Serialize(text)}}]}""";
            var posted = Classes(JsonBody.Parse<GenerateRequest>(body).Labels.Select(label => label.Trim()));

            // A list of classes is several labels elsewhere.
            return (Names.Split(text).Count > 1 && posted is null) || typed == posted;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));

    [Fact]
    public void Query_OfAnyLabel_IsReadAsInJson()
        => Prop.ForAll(Texts.Where(text => !ClassNames.IsRange(text.Trim())).ToArbitrary(), text =>
            ImageQuery.Read(
                new QueryCollection(new Dictionary<string, StringValues> { [ImageQuery.Label] = text }), null)
                .Labels is [var label] && label == text).Check(Config.QuickThrowOnFailure);

    private static string? Classes(IEnumerable<string> labels)
    {
        try
        {
            return string.Join(' ', labels.SelectMany(Names.ParseAll));
        }
        catch (InvalidSettingException)
        {
            return null;
        }
    }
}
