namespace CoDe.Imaging;

/// <summary>A PNG cannot be read; the message says why.</summary>
public sealed class PngException(string message) : Exception($"The PNG cannot be read: {message}.");
