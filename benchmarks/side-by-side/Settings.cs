namespace CoDe.Benchmarks.SideBySide;

/// <summary>One comparison, for all programs.</summary>
internal sealed record Settings(int Drafter, int Refiner, int Steps, int Batch, int Threads, int Runs)
{
    private bool Alone => Refiner == 0;

    public IEnumerable<string> Reference()
    {
        var (refiner, mode) = Alone ? (16, "var") : (Refiner, "code");
        return [
            "--drafter", $"{Drafter}", "--refiner", $"{refiner}", "--steps", $"{Steps}", "--mode", mode, .. Common()];
    }

    public IEnumerable<string> Ours()
    {
        string[] mode = Alone ? ["--mode", "var"] : ["--refiner", $"synthetic:d{Refiner}", "--steps", $"{Steps}"];
        return ["--drafter", $"synthetic:d{Drafter}", .. mode, .. Common()];
    }

    public override string ToString()
        => Alone ? $"VAR-d{Drafter}, batch {Batch}" : $"d{Drafter} + d{Refiner}, N = {Steps}, batch {Batch}";

    private IEnumerable<string> Common() => ["--batch", $"{Batch}", "--threads", $"{Threads}", "--runs", $"{Runs}"];
}
