namespace CoDe.Compute;

/// <summary>Work that a device knows by heart. It lives no longer than the tensors it works on.</summary>
public abstract class Recording : IDisposable
{
    public abstract void Run();

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected abstract void Dispose(bool disposing);
}
