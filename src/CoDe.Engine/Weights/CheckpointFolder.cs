namespace CoDe.Engine.Weights;

/// <summary>Folders that hold a checkpoint, as those of Hugging Face do.</summary>
internal static class CheckpointFolder
{
    private static readonly string[] Indices = ["model.safetensors.index.json", "pytorch_model.bin.index.json"];
    private static readonly string[] Endings = [".safetensors", ".pth", ".pt", ".bin"];

    /// <summary>The index of a folder's shards or its only checkpoint; a path that is no folder as it is.</summary>
    /// <exception cref="CheckpointException">The folder has neither.</exception>
    public static string Resolve(string path)
    {
        if (!Directory.Exists(path))
        {
            return path;
        }

        if (Indices.Select(index => Path.Combine(path, index)).FirstOrDefault(File.Exists) is { } found)
        {
            return found;
        }

        string[] files = [.. Directory.EnumerateFiles(path)
            .Where(file => Endings.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase))
            .Order(StringComparer.Ordinal).Take(5)];
        return files switch
        {
            [var only] => only,
            [] => throw new CheckpointException($"{path} is a folder without a checkpoint."),
            _ => throw new CheckpointException(
                $"{path} is a folder with several checkpoints, such as {string.Join(" and ", files.Take(2))}; "
                + "name one."),
        };
    }
}
