using CoDe.Flow;
using CoDe.Gateway.Replicas;
using CoDe.Protocol;
using CoDe.Protocol.V1;

namespace CoDe.Gateway.Jobs;

/// <summary>Reads the images of one job, each with its label.</summary>
internal sealed class JobImages
{
    private readonly JobFolder _folder;
    private readonly string _id;
    private readonly JobOrder _order;
    private readonly GenerateRequest _request;
    private readonly int[] _labels;
    private readonly ClassNames _names;

    public JobImages(JobFolder folder, string id, JobOrder order, ModelCatalog catalog)
    {
        (_folder, _id, _order) = (folder, id, order);
        _request = GenerateRequest.Parser.ParseFrom(order.Request);
        var numbers = new ClassNames([], order.Classes);
        _labels = [.. _request.Labels.SelectMany(numbers.ParseAll)];

        // Labels are named while the model is served.
        var model = catalog.Models().FirstOrDefault(model => model.Name == _request.Model);
        _names = model is null ? numbers : new ClassNames(model.ClassNames, order.Classes);
    }

    /// <exception cref="JobNotFoundException">Someone deleted the file.</exception>
    /// <exception cref="IOException">The file is unreadable.</exception>
    public GeneratedImage Read(int index)
    {
        var label = _labels[index / (int)_request.Count];
        return new GeneratedImage
        {
            Index = (uint)index,
            Label = (uint)label,
            LabelName = _names.NameOf(label),
            Image = ReadPicture(index).ToWire(),
        };
    }

    private Picture ReadPicture(int index)
    {
        try
        {
            return _folder.Read(_id, index, (PictureFormat)_request.Format, _order.Side);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw JobNotFoundException.Because($"The file of image {index} of job {JobOwner.IdIn(_id)} was deleted.");
        }
    }
}
