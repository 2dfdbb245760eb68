using System.Text.Json;
using System.Text.Json.Serialization;
using Orleans.Storage;

namespace CoDe.Gateway.Jobs;

/// <summary>The grain storage of jobs, which the cluster's setup provides. State is kept as plain JSON.</summary>
internal sealed class JobStorage : IGrainStorageSerializer
{
    public const string Name = "jobs";

    private static readonly JsonSerializerOptions Format = new() { Converters = { new JsonStringEnumConverter() } };

    public BinaryData Serialize<T>(T? input) => BinaryData.FromObjectAsJson(input, Format);

    public T Deserialize<T>(BinaryData input) => input.ToObjectFromJson<T>(Format)!;
}
