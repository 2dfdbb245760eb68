namespace Grpc.Core;

/// <summary>A way to a server.</summary>
public abstract class ChannelBase(string target)
{
    public string Target { get; } = target;

    public abstract CallInvoker CreateCallInvoker();

    /// <summary>Closes the connections.</summary>
    public Task ShutdownAsync() => ShutdownAsyncCore();

    protected virtual Task ShutdownAsyncCore() => Task.CompletedTask;
}

/// <summary>What generated clients derive from.</summary>
public abstract class ClientBase(CallInvoker? callInvoker)
{
    protected CallInvoker CallInvoker => callInvoker ?? throw new NotImplementedException("This client was made without a channel.");

    protected internal class ClientBaseConfiguration
    {
        internal ClientBaseConfiguration(CallInvoker invoker) => Invoker = invoker;

        internal CallInvoker Invoker { get; }
    }
}

public abstract class ClientBase<T> : ClientBase
    where T : ClientBase<T>
{
    /// <summary>For test doubles.</summary>
    protected ClientBase()
        : base(null)
    {
    }

    protected ClientBase(ChannelBase channel)
        : base(channel.CreateCallInvoker())
    {
    }

    protected ClientBase(CallInvoker callInvoker)
        : base(callInvoker)
    {
    }

    protected ClientBase(ClientBaseConfiguration configuration)
        : base(configuration.Invoker)
    {
    }

    protected abstract T NewInstance(ClientBaseConfiguration configuration);
}
