namespace Grpc.Core.Interceptors;

public static class CallInvokerExtensions
{
    /// <summary>An invoker that shows every call to the interceptor first.</summary>
    public static CallInvoker Intercept(this CallInvoker invoker, Interceptor interceptor)
    {
        ArgumentNullException.ThrowIfNull(invoker);
        ArgumentNullException.ThrowIfNull(interceptor);
        return new InterceptingCallInvoker(invoker, interceptor);
    }

    /// <summary>Several interceptors; the first sees a call first.</summary>
    public static CallInvoker Intercept(this CallInvoker invoker, params Interceptor[] interceptors)
        => interceptors.Reverse().Aggregate(invoker, (inner, interceptor) => inner.Intercept(interceptor));
}

public static class ChannelExtensions
{
    /// <inheritdoc cref="CallInvokerExtensions.Intercept(CallInvoker, Interceptor)"/>
    public static CallInvoker Intercept(this ChannelBase channel, Interceptor interceptor) => channel.CreateCallInvoker().Intercept(interceptor);

    /// <inheritdoc cref="CallInvokerExtensions.Intercept(CallInvoker, Interceptor[])"/>
    public static CallInvoker Intercept(this ChannelBase channel, params Interceptor[] interceptors) => channel.CreateCallInvoker().Intercept(interceptors);
}
