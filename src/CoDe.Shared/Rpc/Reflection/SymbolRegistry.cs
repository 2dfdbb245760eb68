using Google.Protobuf.Reflection;

namespace Grpc.Reflection;

/// <summary>The proto files behind some services, by name and by what is defined in them.</summary>
internal sealed class SymbolRegistry
{
    private readonly Dictionary<string, FileDescriptor> _byName = new(StringComparer.Ordinal);
    private readonly Dictionary<string, FileDescriptor> _bySymbol = new(StringComparer.Ordinal);

    public SymbolRegistry(IEnumerable<FileDescriptor> files)
    {
        foreach (var file in files)
        {
            Add(file);
        }
    }

    public FileDescriptor? FileByName(string name) => _byName.GetValueOrDefault(name);

    public FileDescriptor? FileContaining(string symbol) => _bySymbol.GetValueOrDefault(symbol);

    /// <summary>A file and all that it imports, itself first.</summary>
    public static IEnumerable<FileDescriptor> WithImports(FileDescriptor file)
    {
        var found = new List<FileDescriptor> { file };
        for (var i = 0; i < found.Count; i++)
        {
            found.AddRange(found[i].Dependencies.Except(found).ToArray());
        }

        return found;
    }

    private void Add(FileDescriptor file)
    {
        if (!_byName.TryAdd(file.Name, file))
        {
            return;
        }

        foreach (var import in file.Dependencies)
        {
            Add(import);
        }

        foreach (var service in file.Services)
        {
            _bySymbol[service.FullName] = file;
            Add(file, service.Methods);
        }

        Add(file, file.EnumTypes);
        foreach (var message in file.MessageTypes)
        {
            Add(message);
        }
    }

    private void Add(MessageDescriptor message)
    {
        _bySymbol[message.FullName] = message.File;
        Add(message.File, message.EnumTypes);
        Add(message.File, message.Fields.InDeclarationOrder());
        foreach (var nested in message.NestedTypes)
        {
            Add(nested);
        }
    }

    private void Add(FileDescriptor file, IEnumerable<IDescriptor> symbols)
    {
        foreach (var symbol in symbols)
        {
            _bySymbol[symbol.FullName] = file;
        }
    }
}
