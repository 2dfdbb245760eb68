namespace CoDe.Gateway.Lanes;

/// <summary>Images of one model and N, which can be decoded together.</summary>
/// <param name="Steps">N; 0 where any will do.</param>
internal readonly record struct BatchKey(string Model, int Steps);
