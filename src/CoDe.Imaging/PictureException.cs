using CoDe.Flow;

namespace CoDe.Imaging;

/// <summary>A picture cannot be read; the message is a readable line.</summary>
public sealed class PictureException : InputException
{
    public PictureException(string reason)
        : base($"The picture cannot be read: {reason}.") => Reason = reason;

    /// <param name="path">The file that holds the picture.</param>
    public PictureException(string path, PictureException cause)
        : base($"{path} cannot be read: {cause.Reason}.", cause) => Reason = cause.Reason;

    public string Reason { get; }
}
