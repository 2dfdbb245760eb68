using CoDe.Flow;

namespace CoDe.Imaging;

/// <summary>A PNG cannot be read; the message says why.</summary>
public sealed class PngException(string message) : InputException($"The PNG cannot be read: {message}.");
