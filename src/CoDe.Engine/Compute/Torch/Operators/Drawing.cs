namespace CoDe.Engine.Compute.Torch.Operators;

/// <summary>
/// Operators on the kernels of the CPU, which define the draws: the same tokens of the same logits on every device.
/// libtorch would need more than a hundred operators for a draw.
/// </summary>
/// <param name="cpu">Owned by the caller.</param>
internal sealed class Drawing(IBackend cpu) : IDisposable
{
    private readonly HostTensors _host = new(cpu);

    public DrawTable CreateDraws(int images) => cpu.CreateDraws(null!, images);

    public void Upload(TorchDraws table, ReadOnlySpan<TokenDraw> draws)
    {
        cpu.Upload(table.Host, draws);
        table.AnySmooth = false;
        foreach (var draw in draws)
        {
            table.AnySmooth |= draw.Smooth;
        }
    }

    public void DrawTokens(Tensor tokens, Tensor logits, TorchDraws draws, int firstPosition)
    {
        if (draws.Guidance is { } guidance)
        {
            logits = Guide(tokens, logits, guidance);
        }

        var (hostTokens, hostLogits) = (_host.Reserve(tokens, HostSlot.Tokens), _host.Read(logits, HostSlot.Logits));
        cpu.DrawTokens(hostTokens, hostLogits, draws.Host, firstPosition);
        HostTensors.Write(tokens, hostTokens);
        if (draws.AnySmooth)
        {
            HostTensors.Write(logits, hostLogits);
        }
    }

    public void MixCodes(
        Tensor y, Tensor logits, Tensor codebook, TorchDraws draws, int tokens, CodeMixture mixture, int firstPosition)
    {
        var mixed = _host.Read(y, HostSlot.Features);
        cpu.MixCodes(
            mixed, _host.Read(logits.RowRange(0, y.Rows), HostSlot.Logits), _host.Read(codebook, HostSlot.Codebook),
            draws.Host, tokens, mixture, firstPosition);
        HostTensors.Write(y, mixed);
    }

    public void NearestCode(Tensor tokens, Tensor x, Tensor codebook)
    {
        var nearest = _host.Reserve(tokens, HostSlot.Tokens);
        cpu.NearestCode(nearest, _host.Read(x, HostSlot.Features), _host.Read(codebook, HostSlot.Codebook));
        HostTensors.Write(tokens, nearest);
    }

    public void Dispose() => _host.Dispose();

    /// <summary>Guides on the device, so that half of the logits travel.</summary>
    /// <returns>(images x tokens, vocabulary)</returns>
    private static Tensor Guide(Tensor tokens, Tensor logits, Tensor guidance)
    {
        var (images, count) = (tokens.Rows, tokens.Rows * tokens.Columns);
        var conditional = logits.RowRange(0, count);
        if (logits.Rows > count)
        {
            var guided = conditional.Sequences(tokens.Columns);
            guided.mul_(guidance.PerSequence(images));
            guided.addcmul_(
                logits.RowRange(count, count).Sequences(tokens.Columns),
                guidance.RowRange(guidance.Rows / 2, images).Sequences(1), Scalars.One);
        }

        return conditional;
    }
}
