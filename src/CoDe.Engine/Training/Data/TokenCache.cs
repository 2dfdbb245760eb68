using CoDe.Engine.Compute;
using CoDe.Engine.Weights;

namespace CoDe.Engine.Training.Data;

/// <summary>
/// Tokens of images in files of a folder, so that each image is encoded once. A file holds some images and gets its
/// name when it is whole: a run that was killed goes on after the last one.
/// </summary>
public static class TokenCache
{
    private const int ImagesOfAFile = 1024;
    private const string TensorName = "tokens";

    /// <param name="digest">Identifies images, VQVAE and scales.</param>
    /// <param name="positions">Tokens of an image.</param>
    /// <param name="encode">Yields the tokens of all scales of an image.</param>
    /// <param name="done">Called with the number of images that are done.</param>
    /// <exception cref="CheckpointException">A file of the folder cannot be read or written.</exception>
    public static TokenSet Open(
        string folder, string digest, TrainingImages images, int positions, Func<int, IEnumerable<ushort>> encode,
        Action<int> done, CancellationToken cancellation)
    {
        var count = images.Images.Count;
        var tokens = new ushort[count][];
        for (var first = 0; first < count; first += ImagesOfAFile)
        {
            var part = tokens.AsSpan(first, Math.Min(ImagesOfAFile, count - first));
            var path = Path.Combine(folder, FormattableString.Invariant($"tokens-{digest}-{first}.safetensors"));
            if (!File.Exists(path))
            {
                Write(path, first, part.Length, positions, encode, done, cancellation);
            }

            Read(path, part, positions);
            done(first + part.Length);
        }

        return new TokenSet([.. images.Images.Select(image => image.Label)], tokens);
    }

    private static void Write(
        string path, int first, int count, int positions, Func<int, IEnumerable<ushort>> encode,
        Action<int> done, CancellationToken cancellation)
    {
        var tokens = new float[count * positions];
        for (var image = 0; image < count; image++)
        {
            cancellation.ThrowIfCancellationRequested();
            float[] found = [.. encode(first + image).Select(token => (float)token)];
            found.CopyTo(tokens, image * positions);
            done(first + image + 1);
        }

        using var checkpoint = new Part(path, tokens, [count, positions]);
        SafetensorsWriter.Write(path, checkpoint, ElementType.Int32);
    }

    private static void Read(string path, Span<ushort[]> images, int positions)
    {
        using var checkpoint = Checkpoint.OpenFile(path);
        var values = checkpoint.ReadAll(TensorName);
        if (values.Length != images.Length * positions)
        {
            throw new CheckpointException(
                $"{path} has {values.Length} tokens, expected {images.Length * positions}; delete it.");
        }

        for (var image = 0; image < images.Length; image++)
        {
            var tokens = values.AsSpan(image * positions, positions);
            images[image] = [.. tokens.ToArray().Select(token => (ushort)token)];
        }
    }

    private sealed class Part(string path, float[] tokens, int[] shape) : Checkpoint(path)
    {
        public override IReadOnlyDictionary<string, TensorInfo> Tensors { get; }
            = new Dictionary<string, TensorInfo> { [TensorName] = new(ElementType.Int32, shape) };

        public override WeightSource Open(string name) => new Source(tokens, shape);
    }

    private sealed class Source(float[] tokens, int[] shape) : WeightSource(TensorName, ElementType.Int32, shape)
    {
        public override void Read(long start, Span<float> destination)
            => tokens.AsSpan((int)start, destination.Length).CopyTo(destination);
    }
}
