namespace CoDe.Engine.Compute.Torch;

/// <param name="Gpu">Number of the GPU; null for libtorch on the CPU.</param>
/// <param name="Type">Type of weights, activations and maps: float32, bfloat16 or float16.</param>
/// <param name="Threads">Threads of the CPU; 0 for one a core.</param>
/// <param name="LibTorch">
/// A folder of libtorch; empty for that of the environment, or for the libraries beside the program.
/// </param>
public sealed record TorchOptions(
    int? Gpu = null, ElementType Type = ElementType.Float32, int Threads = 0, string LibTorch = "");
