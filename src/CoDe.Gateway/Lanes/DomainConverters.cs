using CoDe.Flow;

namespace CoDe.Gateway.Lanes;

/// <summary>A <see cref="Picture"/> as it crosses silos.</summary>
[GenerateSerializer, Immutable]
internal struct PictureSurrogate
{
    [Id(0)]
    public int Width;

    [Id(1)]
    public int Height;

    [Id(2)]
    public PictureFormat Format;

    [Id(3)]
    public ReadOnlyMemory<byte> Data;
}

/// <summary>A <see cref="TokenMap"/> as it crosses silos.</summary>
[GenerateSerializer, Immutable]
internal struct TokenMapSurrogate
{
    [Id(0)]
    public int Side;

    [Id(1)]
    public ushort[] Tokens;
}

[RegisterConverter]
internal sealed class PictureConverter : IConverter<Picture, PictureSurrogate>
{
    public Picture ConvertFromSurrogate(in PictureSurrogate surrogate)
        => new(surrogate.Width, surrogate.Height, surrogate.Format, surrogate.Data);

    public PictureSurrogate ConvertToSurrogate(in Picture value)
        => new() { Width = value.Width, Height = value.Height, Format = value.Format, Data = value.Data };
}

[RegisterConverter]
internal sealed class TokenMapConverter : IConverter<TokenMap, TokenMapSurrogate>
{
    public TokenMap ConvertFromSurrogate(in TokenMapSurrogate surrogate) => new(surrogate.Side, surrogate.Tokens);

    public TokenMapSurrogate ConvertToSurrogate(in TokenMap value)
        => new() { Side = value.Side, Tokens = [.. value.Tokens] };
}
