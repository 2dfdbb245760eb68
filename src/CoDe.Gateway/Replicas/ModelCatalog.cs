using CoDe.Flow;
using CoDe.Gateway.Lanes;
using CoDe.Protocol.V1;

namespace CoDe.Gateway.Replicas;

/// <summary>The models that both stages serve.</summary>
internal sealed class ModelCatalog(ReplicaPool drafters, ReplicaPool refiners)
{
    private Snapshot _last = new(drafters.Catalog, refiners.Catalog, []);

    /// <summary>
    /// Lists each model with the N that a drafter and a refiner serve. It is merged again only when a replica reports a
    /// change.
    /// </summary>
    public IReadOnlyList<Model> Models()
    {
        var (last, drafted, refined) = (Volatile.Read(ref _last), drafters.Catalog, refiners.Catalog);
        if (!ReferenceEquals(last.Drafted, drafted) || !ReferenceEquals(last.Refined, refined))
        {
            Volatile.Write(ref _last, last = new Snapshot(drafted, refined, Merge(drafted, refined)));
        }

        return last.Merged;
    }

    /// <param name="name">Empty for the first.</param>
    /// <exception cref="NotReadyException">No model is served yet.</exception>
    /// <exception cref="ModelNotServedException">No model has the name.</exception>
    public Model Find(string name)
    {
        var models = Models();
        if (models.Count == 0)
        {
            throw new NotReadyException(
                "No drafter and refiner that serve the same model have answered yet; try again later.");
        }

        return models.FirstOrDefault(model => name.Length == 0 || model.Name == name)
            ?? throw new ModelNotServedException(name, models.Select(model => model.Name));
    }

    /// <summary>Tells whether no other weights or arithmetic have taken over since a model was found.</summary>
    public bool IsCurrent(Model model, int steps)
    {
        var now = Models().FirstOrDefault(each => each.Name == model.Name);
        return now is null || now.Pairs.All(pair => pair.Steps != steps || model.Pairs.Contains(pair));
    }

    private static IReadOnlyList<Model> Merge(StageCatalog drafted, StageCatalog refined) =>
    [
        .. drafted.Models.GroupBy(model => model.Name).OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => Merge([.. group], drafted, refined)).Where(model => model.Steps.Count > 0),
    ];

    private static Model Merge(ServedModel[] served, StageCatalog drafted, StageCatalog refined)
    {
        var first = served[0];
        var model = new Model
        {
            Name = first.Name,
            Classes = first.Classes,
            ImageSide = first.ImageSide,
            Sampling = first.Sampling,
        };
        model.Sides.AddRange(first.Sides);
        model.ClassNames.AddRange(first.ClassNames);
        foreach (var steps in served.SelectMany(each => each.Steps).Distinct().Order())
        {
            var lane = new BatchKey(first.Name, (int)steps);
            if (refined.Identities.TryGetValue(lane, out var refiner)
                && drafted.Identities.TryGetValue(lane, out var drafter))
            {
                model.Steps.Add(steps);
                model.Pairs.Add(new Pair { Steps = steps, Drafter = drafter.ToWire(), Refiner = refiner.ToWire() });
            }
        }

        return model;
    }

    /// <param name="Merged">Made of the two others.</param>
    private sealed record Snapshot(StageCatalog Drafted, StageCatalog Refined, IReadOnlyList<Model> Merged);
}
