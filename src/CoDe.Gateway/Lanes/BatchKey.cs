namespace CoDe.Gateway.Lanes;

/// <summary>Images of one model and N, which can be decoded together.</summary>
/// <param name="Steps">N; 0 where any will do.</param>
[GenerateSerializer, Immutable]
internal readonly record struct BatchKey([property: Id(0)] string Model, [property: Id(1)] int Steps);
