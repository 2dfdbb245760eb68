using CoDe.Engine.Compute;
using CoDe.Flow;

namespace CoDe.Engine.Stages;

/// <summary>
/// Restores the kept part of edited images after each scale: f_hat = f_hat * (1 - keep) + f_image[scale] * keep.
/// </summary>
internal sealed class EditBlend : IDisposable
{
    private readonly IBackend _backend;
    private readonly Arena _arena;
    private readonly int _pixels;
    private readonly int _channels;
    private readonly float[] _upload;
    private readonly Tensor _features;
    private readonly Tensor _keep;
    private IReadOnlyList<ImageRequest> _requests = [];
    private bool _any;

    public EditBlend(IBackend backend, ScaleSchedule schedule, int codeWidth, int capacity)
    {
        (_backend, _pixels, _channels) = (backend, schedule.FinalSide * schedule.FinalSide, codeWidth);
        _arena = backend.CreateArena();
        _features = _arena.Allocate(capacity * _pixels, codeWidth);
        _keep = _arena.Allocate(capacity * _pixels, 1);
        _upload = new float[_pixels * codeWidth];
    }

    /// <summary>Starts a batch: uploads what each image keeps, nothing where it is no edit.</summary>
    public void Begin(IReadOnlyList<ImageRequest> requests)
    {
        _requests = requests;
        _any = false;
        for (var image = 0; image < requests.Count; image++)
        {
            _any |= requests[image].Edit is not null;
        }

        for (var image = 0; _any && image < requests.Count; image++)
        {
            var keep = _upload.AsSpan(0, _pixels);
            keep.Clear();
            for (var pixel = 0; pixel < _pixels && requests[image].Edit is { } edit; pixel++)
            {
                keep[pixel] = edit.Keep[pixel];
            }

            _backend.Upload(_keep.RowRange(image * _pixels, _pixels), keep);
        }
    }

    public void Keep(int scale, Tensor features)
    {
        for (var image = 0; _any && image < _requests.Count; image++)
        {
            if (_requests[image].Edit is { } edit)
            {
                var rows = features.RowRange(image * _pixels, _pixels);
                var kept = _features.RowRange(image * _pixels, _pixels);
                edit.Features[scale].ToPixelMajor(_upload);
                _backend.Upload(kept, _upload);
                _backend.BlendKept(rows, kept, _keep.RowRange(image * _pixels, _pixels));
            }
        }
    }

    public void Dispose() => _arena.Dispose();
}
