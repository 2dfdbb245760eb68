using CoDe.Flow;
using CoDe.Imaging;
using CoDe.Protocol;
using Wire = CoDe.Protocol.V1;

namespace CoDe.Gateway.Requests;

/// <summary>Reads and checks the image of an edit and its mask.</summary>
internal static class EditImages
{
    /// <param name="side">Pixels of the model's images.</param>
    /// <param name="featureSide">Side of its feature map.</param>
    /// <exception cref="InvalidSettingException">One is missing, unreadable or of another size.</exception>
    public static (Image Image, float[] Keep) Read(Wire.EditRequest request, int side, int featureSide)
        => (Read("image", request.Image, side), EditMask.Of(Read("mask", request.Mask, side), featureSide));

    /// <summary>Checks the declared size before a pixel is decoded.</summary>
    private static Image Read(string field, Wire.Image? wire, int side)
    {
        if (wire is null)
        {
            throw new InvalidSettingException(field, "missing", $"{side} x {side} pixels");
        }

        try
        {
            var isRaw = wire.Format.FromWire($"{field}.format") == PictureFormat.Rgb;
            var (width, height) = isRaw ? ((long)wire.Width, (long)wire.Height) : SizeOf(wire);
            if (width != side || height != side)
            {
                throw new InvalidSettingException(field, $"{width} x {height}", $"{side} x {side} pixels");
            }

            return isRaw ? wire.FromWire() : PictureCodec.Decode(wire.Data.Span);
        }
        catch (PictureException error)
        {
            throw new InvalidSettingException(field, $"unreadable: {error.Reason}", "a PNG, JPEG or WebP, or raw RGB");
        }
    }

    private static (long Width, long Height) SizeOf(Wire.Image picture) => PictureCodec.SizeOf(picture.Data.Span);
}
