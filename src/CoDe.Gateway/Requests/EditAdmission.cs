using CoDe.Flow;

namespace CoDe.Gateway.Requests;

/// <summary>
/// Bounds the edits whose pictures are decoded and encoded. That comes before the queue, whose limit would not count
/// them.
/// </summary>
/// <param name="limit">The most images at a time.</param>
internal sealed class EditAdmission(int limit)
{
    private int _images;

    /// <returns>The place, to be given back by disposing of it.</returns>
    /// <exception cref="OverloadedException">There is no room for so many images.</exception>
    public IDisposable Enter(int images)
    {
        var before = Interlocked.Add(ref _images, images) - images;
        if (before + images > limit)
        {
            Leave(images);
            throw new OverloadedException(
                FormattableString.Invariant($"{before} of at most {limit} images of edits are being encoded"));
        }

        return new Place(this, images);
    }

    private void Leave(int images) => Interlocked.Add(ref _images, -images);

    private sealed class Place(EditAdmission admission, int images) : IDisposable
    {
        private int _isLeft;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isLeft, 1) == 0)
            {
                admission.Leave(images);
            }
        }
    }
}
