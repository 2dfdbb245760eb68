using CoDe.Gateway.Http;
using CoDe.Protocol.V1;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace CoDe.EndToEnd.Faces;

/// <summary>Bytes of pictures in JSON.</summary>
public sealed class PictureDataTests
{
    private static readonly string[] Wrappings = ["{0}", "data:image/png;base64,{0}", "data:;base64,{0}"];

    [Fact]
    public void Data_InAnyFormOfBase64_IsTheSame()
    {
        var bytes = Gen.Choose(0, 255).Select(value => (byte)value).ArrayOf();
        Prop.ForAll(bytes.ToArbitrary(), data =>
        {
            var standard = Convert.ToBase64String(data);
            var safe = standard.Replace('+', '-').Replace('/', '_');
            string[] forms = [standard, standard.TrimEnd('='), safe, safe.TrimEnd('='), standard.Replace("/", "\\/")];
            return forms.SelectMany(form => Wrappings.Select(wrapping => string.Format(null, wrapping, form)))
                .All(form => Read(form).SequenceEqual(data));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));
    }

    private static byte[] Read(string data)
        => JsonBody.Parse<EditRequest>($$$"""{"image":{"data":"{{{data}}}"}}""").Image.Data.ToByteArray();
}
