using CoDe.Engine.Compute;
using CoDe.Engine.Weights;

namespace CoDe.Engine.Var;

/// <summary>
/// Outputs of AdaLN layers for every class, computed while loading. The vectors depend on the label alone, and the
/// published models have fewer classes than channels, so the table is smaller than the layer. A third of a
/// transformer's parameters is then neither kept nor read while decoding.
/// </summary>
internal sealed class ModulationTables : IDisposable
{
    private readonly IBackend _backend;
    private readonly Checkpoint _checkpoint;
    private readonly Arena _arena;
    private readonly Tensor _silu;
    private Arena? _scratch;

    /// <param name="classEmbedding">(classes + 1, width)</param>
    public ModulationTables(IBackend backend, Checkpoint checkpoint, Tensor classEmbedding)
    {
        (_backend, _checkpoint, _arena) = (backend, checkpoint, backend.CreateArena());
        _silu = _arena.AllocateRows(classEmbedding.Rows, classEmbedding.Columns, backend.ActivationType);
        backend.Silu(_silu, classEmbedding);
    }

    /// <summary>(classes + 1, outputs) of a layer, whose weights are let go again.</summary>
    public Tensor Read(Arena arena, string layer)
    {
        // Reuses the last layer's memory: fresh memory from the system costs more than the computation.
        using var last = _scratch;
        _scratch = _backend.CreateScratch();
        var weights = _checkpoint.ReadLinear(_backend, _scratch, layer);
        var table = arena.Allocate(_silu.Rows, weights.Outputs, _backend.TableType);
        _backend.Linear(table, _silu, weights, rowsPerSequence: 1);
        return table;
    }

    public void Dispose()
    {
        _scratch?.Dispose();
        _arena.Dispose();
    }
}
