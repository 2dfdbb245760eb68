using CoDe.Flow;
using CoDe.Imaging;
using CoDe.Protocol;
using Wire = CoDe.Protocol.V1;

namespace CoDe.Gateway.Requests;

/// <summary>The image of an edit and the mask of what stays, checked.</summary>
internal static class EditImages
{
    /// <param name="side">Pixels of the model's images.</param>
    /// <param name="featureSide">Of its feature map.</param>
    /// <exception cref="InvalidSettingException">One is missing, unreadable or of another size.</exception>
    public static (Image Image, float[] Keep) Read(Wire.EditRequest request, int side, int featureSide)
        => (Read("image", request.Image, side), EditMask.Of(Read("mask", request.Mask, side), featureSide));

    private static Image Read(string field, Wire.Image? wire, int side)
    {
        try
        {
            var image = wire is null ? throw new InvalidSettingException(field, "missing", $"{side} x {side} pixels")
                : wire.Format == Wire.ImageFormat.Png ? Png.Decode(wire.Data.Span) : wire.FromWire();
            return image.Width == side && image.Height == side ? image
                : throw new InvalidSettingException(field, $"{image.Width} x {image.Height}", $"{side} x {side} pixels");
        }
        catch (PngException error)
        {
            throw new InvalidSettingException(field, error.Message, "a PNG, or raw RGB");
        }
    }
}
