using CoDe.Flow;
using CoDe.Gateway.Replicas;
using CoDe.Protocol.V1;
using Grpc.Core;

namespace CoDe.Gateway.Services;

/// <summary>The models that both stages serve, as their replicas tell.</summary>
internal sealed class ModelCatalog(ReplicaPool drafters, ReplicaPool refiners)
{
    /// <summary>Each with the N that a drafter and a refiner serve.</summary>
    public IReadOnlyList<ServedModel> Models()
    {
        var refined = refiners.Models.ToLookup(model => model.Name);
        return [.. drafters.Models.GroupBy(model => model.Name).OrderBy(group => group.Key, StringComparer.Ordinal).Select(group => Merge([.. group], [.. refined[group.Key]])).Where(model => model.Steps.Count > 0)];
    }

    /// <param name="name">Empty for the first.</param>
    /// <exception cref="RpcException">UNAVAILABLE: there is none at all yet.</exception>
    /// <exception cref="ModelNotServedException">There is none of that name.</exception>
    public ServedModel Find(string name)
    {
        var models = Models();
        if (models.Count == 0)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "No drafter and refiner that serve the same model have answered yet; try again later."));
        }

        return models.FirstOrDefault(model => name.Length == 0 || model.Name == name)
            ?? throw new ModelNotServedException(name, models.Select(model => model.Name));
    }

    private static ServedModel Merge(ServedModel[] drafted, ServedModel[] refined)
    {
        var merged = drafted[0].Clone();
        merged.Steps.Clear();
        merged.Steps.AddRange(drafted.SelectMany(model => model.Steps).Intersect(refined.SelectMany(model => model.Steps)).Order());
        return merged;
    }
}
