namespace CoDe.Flow;

/// <summary>Messages of libraries, which add traces of their own calls.</summary>
internal static class DeviceErrors
{
    public static string FirstLine(Exception error) => error.Message.Split('\n')[0].TrimEnd();
}
