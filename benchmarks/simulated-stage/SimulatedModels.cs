using CoDe.Engine.Serving;
using CoDe.Flow;
using CoDe.Imaging;
using CoDe.Protocol;
using CoDe.Protocol.V1;
using Google.Protobuf;

namespace CoDe.SimulatedStage;

/// <summary>
/// Status and answers of a simulated stage: of the demonstration model's shapes, made once. An image is
/// all of one grey, which tells its label.
/// </summary>
internal sealed class SimulatedModels
{
    private const int Classes = 10;
    private const int Channels = 16;
    private const int ImageSide = 64;
    private const int GreyOfALabel = 20;

    private static readonly ScaleSchedule Schedule = ScaleSchedule.Published256;

    private readonly int _largestBatch;
    private readonly ServedModel _model;
    private readonly ByteString[] _drafts = [.. Enumerable.Range(0, Schedule.Count + 1).Select(DraftOf)];
    private readonly Protocol.V1.Image[] _images = [.. Enumerable.Range(0, Classes + 1).Select(ImageOf)];

    public SimulatedModels(int largestBatch)
    {
        _largestBatch = largestBatch;
        _model = new ServedModel
        {
            Name = "tiny",
            Classes = Classes,
            ImageSide = ImageSide,
            Sampling = TinyModel.Sampling.ToWire(),
        };
        _model.Steps.AddRange(Enumerable.Range(1, Schedule.Count).Select(steps => (uint)steps));
        _model.Sides.AddRange(Schedule.Sides.Select(side => (uint)side));
    }

    public EncodeResponse Encoded { get; } = Encode();

    public static int Scales => Schedule.Count;

    public StageStatus Status(SimulatedDevice device)
        => new()
        {
            Ready = true,
            Device = "simulated",
            Outstanding = (uint)device.Outstanding,
            LargestBatch = (uint)_largestBatch,
            MemoryBytes = (ulong)Environment.WorkingSet,
            BusySeconds = device.Busy.TotalSeconds,
            Models = { _model },
        };

    /// <exception cref="InvalidSettingException">The batch is empty or too large.</exception>
    public void CheckBatch(int images)
    {
        if (images < 1 || images > _largestBatch)
        {
            throw new InvalidSettingException("batch", $"{images}", $"1 to {_largestBatch} images");
        }
    }

    /// <summary>A draft of so many scales, the same for every image.</summary>
    /// <exception cref="StepsNotServedException">There are not so many scales.</exception>
    public ByteString Draft(uint scales)
        => scales >= 1 && scales <= Schedule.Count ? _drafts[scales] : throw new StepsNotServedException(
            _model.Name, (int)scales, _model.Steps.Select(steps => (int)steps));

    /// <exception cref="InvalidSettingException">There is no such class.</exception>
    public Protocol.V1.Image Image(uint label) => label <= Classes ? _images[label] : throw new InvalidSettingException(
        "label", $"{label}", $"0 to {Classes}");

    private static ByteString DraftOf(int scales)
        => new Flow.Draft([.. Enumerable.Range(0, scales).Select(scale => new Flow.TokenMap(
            Schedule.Side(scale), new ushort[Schedule.Tokens(scale)]))], Features()).ToWire().ToByteString();

    private static Flow.FeatureMap Features()
        => new(Channels, Schedule.FinalSide, new float[Channels * Schedule.FinalSide * Schedule.FinalSide]);

    private static Protocol.V1.Image ImageOf(int label)
    {
        var rgb = new byte[ImageSide * ImageSide * 3];
        Array.Fill(rgb, (byte)(label * GreyOfALabel));
        return PictureCodec.Encode(new Flow.Image(ImageSide, ImageSide, rgb), Flow.PictureFormat.Png).ToWire();
    }

    private static EncodeResponse Encode()
    {
        var response = new EncodeResponse();
        response.Features.AddRange(Enumerable.Repeat(Features().ToWire(), Schedule.Count));
        return response;
    }
}
