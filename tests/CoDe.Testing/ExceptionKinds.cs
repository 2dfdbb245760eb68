using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using CoDe.Flow;
using CoDe.Gateway;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace CoDe.Testing;

/// <summary>One exception of each kind that may reach a user.</summary>
public static class ExceptionKinds
{
    private const string TwoLines = "first line\r\n   at second line \u001b[31m";

    private static readonly Exception[] Library =
    [
        new InvalidOperationException(TwoLines), new IOException(TwoLines), new FileNotFoundException(TwoLines),
        new UnauthorizedAccessException(TwoLines), new InsufficientMemoryException(TwoLines),
        new TimeoutException(TwoLines), new AggregateException(TwoLines, new IOException(TwoLines)),
        new AggregateException(new IOException(TwoLines), new JsonException(TwoLines)),
        new TypeInitializationException("Type", new PlatformNotSupportedException(TwoLines)),
        new TargetInvocationException(new InvalidDataException(TwoLines)), new OverflowException(TwoLines),
        new RpcException(new Status(StatusCode.Internal, TwoLines)), new HttpRequestException(TwoLines),
        new BadHttpRequestException(TwoLines), new ObjectDisposedException("object", TwoLines),
        new NotSupportedException(), new DllNotFoundException(TwoLines), new FormatException(TwoLines),
    ];

    /// <summary>Gets those of .NET and the libraries, and each that this product defines.</summary>
    public static IReadOnlyList<Exception> All { get; } = [.. Library, .. Own()];

    private static IEnumerable<Exception> Own()
        => new[] { typeof(InputException), typeof(GatewayHost), typeof(Engine.Serving.Device) }
        .Select(type => type.Assembly).SelectMany(assembly => assembly.GetTypes())
        .Where(type => type.IsSubclassOf(typeof(Exception)) && !type.IsAbstract)
        .Append(typeof(NullReferenceException))
        .Select(type => (Exception)RuntimeHelpers.GetUninitializedObject(type));
}
