using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Reflection.V1;

namespace Grpc.Reflection;

/// <summary>Answers what tools ask of a server: its services, and the proto files that define them.</summary>
public class ReflectionV1ServiceImpl : ServerReflection.ServerReflectionBase
{
    private readonly string[] _services;
    private readonly SymbolRegistry _symbols;

    public ReflectionV1ServiceImpl(IEnumerable<ServiceDescriptor> serviceDescriptors)
    {
        var descriptors = serviceDescriptors.ToArray();
        _services = [.. descriptors.Select(service => service.FullName).Distinct().Order(StringComparer.Ordinal)];
        _symbols = new SymbolRegistry(descriptors.Select(service => service.File));
    }

    public override async Task ServerReflectionInfo(
        IAsyncStreamReader<ServerReflectionRequest> requestStream, IServerStreamWriter<ServerReflectionResponse> responseStream, ServerCallContext context)
    {
        await foreach (var request in requestStream.ReadAllAsync(context.CancellationToken).ConfigureAwait(false))
        {
            await responseStream.WriteAsync(Answer(request)).ConfigureAwait(false);
        }
    }

    internal ServerReflectionResponse Answer(ServerReflectionRequest request)
    {
        var response = request.MessageRequestCase switch
        {
            ServerReflectionRequest.MessageRequestOneofCase.ListServices => Services(),
            ServerReflectionRequest.MessageRequestOneofCase.FileByFilename => File(_symbols.FileByName(request.FileByFilename), request.FileByFilename),
            ServerReflectionRequest.MessageRequestOneofCase.FileContainingSymbol => File(_symbols.FileContaining(request.FileContainingSymbol), request.FileContainingSymbol),
            ServerReflectionRequest.MessageRequestOneofCase.FileContainingExtension => Error(StatusCode.NotFound, "No extensions are served."),
            ServerReflectionRequest.MessageRequestOneofCase.AllExtensionNumbersOfType => Extensions(request.AllExtensionNumbersOfType),
            _ => Error(StatusCode.InvalidArgument, "The request asks for nothing."),
        };
        (response.ValidHost, response.OriginalRequest) = (request.Host, request);
        return response;
    }

    private static ServerReflectionResponse File(FileDescriptor? file, string name)
    {
        if (file is null)
        {
            return Error(StatusCode.NotFound, $"{name} is not known here.");
        }

        var files = new FileDescriptorResponse();
        files.FileDescriptorProto.AddRange(SymbolRegistry.WithImports(file).Select(each => each.SerializedData));
        return new ServerReflectionResponse { FileDescriptorResponse = files };
    }

    private static ServerReflectionResponse Error(StatusCode code, string message)
        => new() { ErrorResponse = new ErrorResponse { ErrorCode = (int)code, ErrorMessage = message } };

    /// <summary>None: what is served is proto3, which has no extensions.</summary>
    private ServerReflectionResponse Extensions(string type) => _symbols.FileContaining(type) is null
        ? Error(StatusCode.NotFound, $"{type} is not known here.")
        : new ServerReflectionResponse { AllExtensionNumbersResponse = new ExtensionNumberResponse { BaseTypeName = type } };

    private ServerReflectionResponse Services()
    {
        var services = new ListServiceResponse();
        services.Service.AddRange(_services.Select(name => new ServiceResponse { Name = name }));
        return new ServerReflectionResponse { ListServicesResponse = services };
    }
}

/// <summary>The same under its older name, whose messages have the same bytes.</summary>
public class ReflectionServiceImpl(IEnumerable<ServiceDescriptor> serviceDescriptors) : V1Alpha.ServerReflection.ServerReflectionBase
{
    private readonly ReflectionV1ServiceImpl _service = new(serviceDescriptors);

    public override async Task ServerReflectionInfo(
        IAsyncStreamReader<V1Alpha.ServerReflectionRequest> requestStream, IServerStreamWriter<V1Alpha.ServerReflectionResponse> responseStream, ServerCallContext context)
    {
        await foreach (var request in requestStream.ReadAllAsync(context.CancellationToken).ConfigureAwait(false))
        {
            var answer = _service.Answer(ServerReflectionRequest.Parser.ParseFrom(request.ToByteString()));
            await responseStream.WriteAsync(V1Alpha.ServerReflectionResponse.Parser.ParseFrom(answer.ToByteString())).ConfigureAwait(false);
        }
    }
}
