using CoDe.Flow;

namespace CoDe.Gateway.Jobs;

/// <summary>Labels as text, with ascending ones as a range, as <see cref="ClassNames.ParseAll"/> reads them.</summary>
internal static class LabelRanges
{
    /// <param name="classes">Number of classes, which is the label of none.</param>
    public static IEnumerable<string> Of(IReadOnlyList<int> labels, int classes)
    {
        for (var start = 0; start < labels.Count;)
        {
            var end = start + 1;
            while (end < labels.Count && labels[end] == labels[end - 1] + 1 && labels[end] < classes)
            {
                end++;
            }

            yield return labels[start] == classes ? "none"
                : end == start + 1 ? $"{labels[start]}"
                : $"{labels[start]}..{labels[end - 1]}";
            start = end;
        }
    }
}
