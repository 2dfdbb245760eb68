using CoDe.Flow;
using CoDe.Gateway.Lanes;
using CoDe.Gateway.Replicas;
using CoDe.Planning;
using CoDe.Telemetry;

namespace CoDe.Gateway.Planning;

/// <summary>Times of the stages, as the last batches of this service took them.</summary>
internal sealed class OwnTimes(IGrainFactory grains, ReplicaPool drafters, ReplicaPool refiners)
{
    /// <param name="model">Empty for the only one.</param>
    /// <returns>A median for each stage, N and size of a batch.</returns>
    /// <exception cref="InvalidSettingException">There are no batches of the model, or of several models.</exception>
    public async Task<IReadOnlyList<StageMeasurement>> ReadAsync(string model)
    {
        var state = await grains.GetGrain<IDispatcher>(0).ReadAsync(default).ConfigureAwait(false);
        StageBatch[] done =
        [
            .. state.Batches.Done.Where(batch => batch.Outcome == OutcomeNames.Done && batch.Key.Steps > 0),
        ];
        string[] models = [.. done.Select(batch => batch.Key.Model).Distinct().Order(StringComparer.Ordinal)];
        if (models.Length == 0)
        {
            throw new InvalidSettingException(
                "times", "empty", "times of the stages, until this service has done batches of its own");
        }

        var chosen = model.Length == 0 && models.Length == 1 ? models[0] : model;
        return models.Contains(chosen)
            ? [.. Measure(done.Where(batch => batch.Key.Model == chosen))]
            : throw new InvalidSettingException(
                "model", chosen.Length == 0 ? "empty" : chosen, string.Join(", ", models));
    }

    private IEnumerable<StageMeasurement> Measure(IEnumerable<StageBatch> batches)
        => from batch in batches
           group (batch.End!.Value - batch.Start).TotalSeconds by (batch.Stage, batch.Key.Steps, batch.Images) into same
           orderby same.Key.Stage, same.Key.Steps, same.Key.Images
           let seconds = Percentile.Of([.. same.Order()], 0.5)
           where seconds > 0
           select new StageMeasurement(
               same.Key.Stage == drafters.Stage ? MeasuredStages.Draft : MeasuredStages.Refine,
               same.Key.Steps, same.Key.Images, same.Key.Stage == drafters.Stage ? seconds : null,
               same.Key.Stage == refiners.Stage ? seconds : null, null);
}
