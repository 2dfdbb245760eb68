using CoDe.Engine.Compute;
using CoDe.Engine.Var;

namespace CoDe.Cli.Verify;

/// <summary>
/// Teacher-forced pass as in training: all inputs are given, and the logits of every position are computed.
/// </summary>
internal sealed class ForwardPass : IDisposable
{
    private readonly IBackend _backend;
    private readonly VarConfig _config;
    private readonly VarSession _session;
    private readonly Arena _arena;
    private readonly int _images;

    public ForwardPass(IBackend backend, VarWeights weights, int[] labels)
    {
        (_backend, _config, _images) = (backend, weights.Config, labels.Length);
        var scales = weights.Config.Schedule.Count;
        _session = new VarSession(backend, weights, labels.Length, scales, logitScales: scales);
        _session.Begin(labels, guided: false);
        _arena = backend.CreateArena();
    }

    /// <param name="inputs">(images, positions after the first scale, code width)</param>
    /// <returns>(images, positions, vocabulary)</returns>
    public float[] Logits(float[] inputs)
    {
        var (schedule, width) = (_config.Schedule, _config.CodeWidth);
        var (all, first) = (schedule.TotalTokens, schedule.Tokens(0));
        var tensor = _arena.Allocate(_images * all, width);
        for (var image = 0; image < _images; image++)
        {
            var (rows, size) = (all - first, (all - first) * width);
            _backend.Upload(tensor.RowRange((image * all) + first, rows), inputs.AsSpan(image * size, size));
        }

        var logits = _session.TeacherForced(tensor, schedule.Count);
        var values = new float[logits.Rows * logits.Columns];
        _backend.Download(values, logits);
        return values;
    }

    public void Dispose()
    {
        _arena.Dispose();
        _session.Dispose();
    }
}
