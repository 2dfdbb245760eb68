using CoDe.Flow;
using CoDe.Gateway.Replicas;
using CoDe.Protocol.V1;
using Grpc.Core;

namespace CoDe.Gateway.Services;

/// <summary>The models that both stages serve, as their replicas tell.</summary>
internal sealed class ModelCatalog(ReplicaPool drafters, ReplicaPool refiners)
{
    private Snapshot _last = new([], [], []);

    /// <summary>Each with the N that a drafter and a refiner serve. Every request asks, so it is made anew only when a replica told something new.</summary>
    public IReadOnlyList<ServedModel> Models()
    {
        var (last, drafted, refined) = (Volatile.Read(ref _last), drafters.Models, refiners.Models);
        if (!ReferenceEquals(last.Drafted, drafted) || !ReferenceEquals(last.Refined, refined))
        {
            Volatile.Write(ref _last, last = new Snapshot(drafted, refined, Merge(drafted, refined)));
        }

        return last.Merged;
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

    private static IReadOnlyList<ServedModel> Merge(IReadOnlyList<ServedModel> drafted, IReadOnlyList<ServedModel> refined)
    {
        var refinedByName = refined.ToLookup(model => model.Name);
        return
        [
            .. drafted.GroupBy(model => model.Name).OrderBy(group => group.Key, StringComparer.Ordinal)
                .Select(group => Merge([.. group], [.. refinedByName[group.Key]])).Where(model => model.Steps.Count > 0),
        ];
    }

    private static ServedModel Merge(ServedModel[] drafted, ServedModel[] refined)
    {
        var merged = drafted[0].Clone();
        merged.Steps.Clear();
        merged.Steps.AddRange(drafted.SelectMany(model => model.Steps).Intersect(refined.SelectMany(model => model.Steps)).Order());
        return merged;
    }

    /// <param name="Merged">Of the two others, of which each is a list made anew when it changes.</param>
    private sealed record Snapshot(IReadOnlyList<ServedModel> Drafted, IReadOnlyList<ServedModel> Refined, IReadOnlyList<ServedModel> Merged);
}
