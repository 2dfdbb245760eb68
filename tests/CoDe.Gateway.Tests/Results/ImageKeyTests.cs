using CoDe.Flow;
using CoDe.Gateway.Lanes;
using CoDe.Gateway.Requests;
using CoDe.Gateway.Results;
using CoDe.Protocol.V1;
using Xunit;

namespace CoDe.Gateway.Tests.Results;

public sealed class ImageKeyTests
{
    private static readonly ImageRequest Image = new(3, 7, 1, SamplingSettings.Code);

    private static readonly ReadRequest Read = new(
        ModelOf(), 8, 7, [Image], new ImageOutput(PictureFormat.Png, TokenMaps: false), new ClassNames([], 10));

    public static TheoryData<string> Changes() => [.. Changed.Keys];

    private static readonly Dictionary<string, Func<string>> Changed = new()
    {
        ["steps"] = () => ImageKey.Of(Read with { Steps = 6 }, Image),
        ["label"] = () => ImageKey.Of(Read, Image with { Label = 4 }),
        ["seed"] = () => ImageKey.Of(Read, Image with { Seed = 8 }),
        ["index"] = () => ImageKey.Of(Read, Image with { Index = 2 }),
        ["guidance"] = () => Sampled(settings => settings with { Guidance = Math.BitIncrement(settings.Guidance) }),
        ["top k"] = () => Sampled(settings => settings with { TopK = 601 }),
        ["top p"] = () => Sampled(settings => settings with { TopP = Math.BitDecrement(settings.TopP) }),
        ["smooth"] = () => Sampled(settings => settings with { Smooth = true }),
        ["a temperature"] = () => Sampled(settings => settings with
        {
            Temperatures = settings.Temperatures.SetItem(9, Math.BitIncrement(1.0)),
        }),
        ["temperatures"] = () => Sampled(settings => settings with { Temperatures = [1] }),
        ["format"] = () => Output(new ImageOutput(PictureFormat.WebP, TokenMaps: false)),
        ["tokens"] = () => Output(new ImageOutput(PictureFormat.Png, TokenMaps: true)),
        ["model"] = () => ImageKey.Of(Read with { Model = ModelOf(name: "other") }, Image),
        ["drafter's weights"] = () => ImageKey.Of(Read with { Model = ModelOf(drafted: "other") }, Image),
        ["refiner's weights"] = () => ImageKey.Of(Read with { Model = ModelOf(refined: "other") }, Image),
        ["arithmetic"] = () => ImageKey.Of(Read with { Model = ModelOf(arithmetic: "avx2") }, Image),
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public void Key_OfWhatDiffersInOneThing_Differs(string what)
        => Assert.NotEqual(ImageKey.Of(Read, Image), Changed[what]());

    [Fact]
    public void Key_OfTheSameImageOfAnotherRequest_IsTheSame()
    {
        var other = Read with { Model = ModelOf(), Images = [Image with { Index = 0 }, Image with { }] };
        Assert.Equal(ImageKey.Of(Read, Image), ImageKey.Of(other, other.Images[1]));
        Assert.Matches("^code:image:1:[A-Za-z0-9_-]{43}$", ImageKey.Of(Read, Image));
    }

    private static string Sampled(Func<SamplingSettings, SamplingSettings> change)
        => ImageKey.Of(Read, Image with { Sampling = change(Image.Sampling) });

    private static string Output(ImageOutput output) => ImageKey.Of(Read with { Output = output }, Image);

    private static Model ModelOf(
        string name = "tiny", string drafted = "d", string refined = "r", string arithmetic = "avx512")
    {
        var model = new Model { Name = name, Steps = { 6, 8 } };
        model.Pairs.AddRange(model.Steps.Select(steps => new Pair
        {
            Steps = steps,
            Drafter = new StageIdentity { WeightsDigest = drafted, Arithmetic = arithmetic },
            Refiner = new StageIdentity { WeightsDigest = refined, Arithmetic = arithmetic },
        }));
        return model;
    }
}
