namespace CoDe.EndToEnd.Clients;

/// <summary>The outcome of a case in one language.</summary>
/// <param name="Result">What the client saw, in a word or two.</param>
/// <param name="Error">Null where the case passed.</param>
/// <param name="Images">Pictures that the client received, to be compared.</param>
internal sealed record CaseReport(string Case, string Result, string? Error, IReadOnlyList<byte[]> Images);

/// <summary>The outcome of all cases in one language.</summary>
/// <param name="Errors">What the program wrote to its error stream.</param>
internal sealed record ClientReport(string Language, IReadOnlyList<CaseReport> Cases, string Errors)
{
    /// <summary>Finds the outcome of a case; a case that was not reached is an error that says why.</summary>
    public CaseReport Of(string name) => Cases.FirstOrDefault(each => each.Case == name)
        ?? new CaseReport(name, "", Obstacle, []);

    private string Obstacle => Cases.Count > 0
        ? $"The {Language} client ended before. It said: {Errors}"
        : $"The {Language} client could not start; tests/install installs what it needs. It said: {Errors}";
}
