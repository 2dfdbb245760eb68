using CoDe.Flow;

namespace CoDe.Engine.Stages;

/// <summary>Converts between (channels, side, side) of messages and (side x side, channels) of devices.</summary>
internal static class FeatureLayout
{
    public static void ToPixelMajor(this FeatureMap map, Span<float> destination)
    {
        var pixels = map.Side * map.Side;
        for (var channel = 0; channel < map.Channels; channel++)
        {
            for (var pixel = 0; pixel < pixels; pixel++)
            {
                destination[(pixel * map.Channels) + channel] = map.Values[(channel * pixels) + pixel];
            }
        }
    }

    public static FeatureMap ToFeatureMap(ReadOnlySpan<float> pixelMajor, int channels, int side)
    {
        var pixels = side * side;
        var values = new float[channels * pixels];
        for (var pixel = 0; pixel < pixels; pixel++)
        {
            for (var channel = 0; channel < channels; channel++)
            {
                values[(channel * pixels) + pixel] = pixelMajor[(pixel * channels) + channel];
            }
        }

        return new FeatureMap(channels, side, values);
    }
}
