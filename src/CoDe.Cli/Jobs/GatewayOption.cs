using System.CommandLine;
using CoDe.Flow;

namespace CoDe.Cli.Jobs;

/// <summary>Options that say which gateway a command calls, and as whom.</summary>
internal sealed class GatewayOption
{
    private const string KeyVariable = "CODE_KEY";
    private const int LargestKeyFile = 4096;

    private readonly Option<string> _address = new("--gateway")
    {
        Description = "Address of the gateway's gRPC port; https for one with TLS.",
        DefaultValueFactory = _ => "http://localhost:50051",
    };

    private readonly Option<string?> _authority = new("--authority")
    {
        Description = "PEM file of the authority that the gateway's certificate is of. Default: those of the system.",
    };

    private readonly Option<string?> _keyFile = new("--key-file")
    {
        Description = $"File that holds the key for the gateway. Default: the key of the environment's {KeyVariable}.",
    };

    public void AddTo(Command command)
    {
        command.Options.Add(_address);
        command.Options.Add(_authority);
        command.Options.Add(_keyFile);
    }

    /// <exception cref="UsageException">The address is none, or a file cannot be used.</exception>
    public JobCalls Connect(ParseResult result)
        => new(result.GetValue(_address)!, result.GetValue(_authority), KeyOf(result));

    /// <summary>Reads the key, which is no argument: other users see those.</summary>
    private string? KeyOf(ParseResult result)
    {
        if (result.GetValue(_keyFile) is not { } file)
        {
            return Environment.GetEnvironmentVariable(KeyVariable)?.Trim() is { Length: > 0 } key ? key : null;
        }

        return RegularFile.ReadText(file, LargestKeyFile).Trim() is { Length: > 0 } text && !text.Any(char.IsWhiteSpace)
            ? text
            : throw new UsageException($"--key-file is {file}; allowed: a file with one key and nothing else.");
    }
}
