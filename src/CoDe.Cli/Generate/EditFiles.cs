using CoDe.Engine.Compute;
using CoDe.Engine.Stages;
using CoDe.Engine.Vqvae;
using CoDe.Flow;
using CoDe.Imaging;

namespace CoDe.Cli.Generate;

/// <summary>
/// Image to change and mask of the part to keep: in-painting, out-painting or, with another label, class-conditional
/// editing.
/// </summary>
internal sealed record EditFiles(string Image, string Keep)
{
    /// <exception cref="UsageException">Only one of them was given.</exception>
    public static EditFiles? Of(string? image, string? keep) => (image, keep) switch
    {
        (null, null) => null,
        ({ } both, { } mask) => new EditFiles(both, mask),
        _ => throw new UsageException("give --edit and --keep together."),
    };

    /// <summary>Encodes the image and reduces the mask to the feature map's side.</summary>
    public Edit Load(IBackend backend, VqvaeWeights vqvae, ScaleSchedule schedule)
    {
        using var encode = new EncodeStage(backend, vqvae, schedule);
        var mask = PictureFile.Read(Keep);
        if (mask.Width != encode.Side || mask.Height != encode.Side)
        {
            throw new InvalidSettingException(
                "mask", FormattableString.Invariant($"{mask.Width} x {mask.Height}"),
                FormattableString.Invariant($"{encode.Side} x {encode.Side} pixels"));
        }

        return new Edit(encode.Run(PictureFile.Read(Image)).Cumulative, EditMask.Of(mask, schedule.FinalSide));
    }
}
