namespace CoDe.Flow;

/// <summary>The tokens of one scale of one image, row-major: (side, side).</summary>
public sealed record TokenMap(int Side, ushort[] Tokens);

/// <summary>A cumulative feature map, f_hat in the paper.</summary>
/// <param name="Values">(channels, side, side)</param>
public sealed record FeatureMap(int Channels, int Side, float[] Values);

/// <summary>
/// One image on its way between stages: the token maps of the scales decoded so far, all of them after the last stage.
/// </summary>
/// <param name="TokenMaps">One a scale, from the first.</param>
/// <param name="FeatureMap">The sum of what these scales contribute.</param>
/// <param name="Inputs">
/// Inputs of the next model at scales 2 to N, (tokens, code width), where they do not follow from the tokens: after
/// smooth decoding and edits. Null otherwise.
/// </param>
public sealed record Draft(IReadOnlyList<TokenMap> TokenMaps, FeatureMap FeatureMap, float[]? Inputs = null)
{
    /// <summary>Scales decoded, N in the paper.</summary>
    public int Scales => TokenMaps.Count;
}
