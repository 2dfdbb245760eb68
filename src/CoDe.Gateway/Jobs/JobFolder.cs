using System.Globalization;
using CoDe.Flow;
using CoDe.Imaging;
using CoDe.Protocol.V1;

namespace CoDe.Gateway.Jobs;

/// <summary>
/// Images of jobs on disk: a folder a job, a file an image, named by its number. A file has its name once it is whole
/// and on the device. Beside them <c>job.json</c> says what they are.
/// </summary>
internal sealed class JobFolder : IDisposable
{
    private readonly string _root;
    private readonly bool _isTemporary;

    /// <param name="dataFolder">Empty for a folder that is deleted when the gateway ends.</param>
    public JobFolder(string dataFolder)
    {
        _isTemporary = dataFolder.Length == 0;
        _root = _isTemporary
            ? Path.Combine(Path.GetTempPath(), $"code-jobs-{Guid.NewGuid():N}")
            : Path.Combine(Path.GetFullPath(dataFolder), "jobs");
    }

    /// <summary>Opens the folder of a job and finds its images. Those of another job of that id are deleted.</summary>
    /// <exception cref="IOException">The folder cannot be used, or has files that are not of a job.</exception>
    public NumberSet Open(string id, JobOrder order)
    {
        var folder = PathOf(id);
        Directory.CreateDirectory(folder);
        foreach (var partial in Directory.EnumerateFiles(folder, "*" + WholeFile.Partial))
        {
            File.Delete(partial);
        }

        if (!JobDescription.Describes(folder, order))
        {
            Directory.Delete(folder, recursive: true);
            Directory.CreateDirectory(folder);
        }

        WholeFile.Write(Path.Combine(folder, JobDescription.FileName), JobDescription.Of(order), toDevice: true);
        return NumbersIn(folder, order);
    }

    public Task WriteAsync(string id, int number, Picture picture)
        => Task.Run(() => WholeFile.Write(FileOf(id, number, picture.Format), picture.Data.Span, toDevice: true));

    /// <exception cref="IOException">The file is gone, or unreadable.</exception>
    public Picture Read(string id, int number, PictureFormat format, int side)
        => new(side, side, format, File.ReadAllBytes(FileOf(id, number, format)));

    public void Dispose()
    {
        if (_isTemporary && Directory.Exists(_root))
        {
            Directory.Delete(_root, recursive: true);
        }
    }

    private static NumberSet NumbersIn(string folder, JobOrder order)
    {
        var ending = PictureFile.EndingOf((PictureFormat)GenerateRequest.Parser.ParseFrom(order.Request).Format);
        var numbers = new NumberSet();
        foreach (var number in Directory.EnumerateFiles(folder, "*" + ending).Select(NumberOf).OfType<int>().Order())
        {
            numbers.Add(number);
        }

        return numbers;
    }

    /// <summary>Gets the number that a file is named by; null for a file of someone else.</summary>
    private static int? NumberOf(string path)
        => int.TryParse(
            Path.GetFileNameWithoutExtension(path), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;

    private string PathOf(string id) => Path.Combine(_root, id);

    private string FileOf(string id, int number, PictureFormat format)
        => Path.Combine(PathOf(id), $"{number:0000000}{PictureFile.EndingOf(format)}");
}
