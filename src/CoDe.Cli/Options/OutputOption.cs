using System.CommandLine;

namespace CoDe.Cli.Options;

/// <summary>The option that says where results go.</summary>
internal static class OutputOption
{
    public static Option<string> Create(string description)
    {
        var output = new Option<string>("--output", "-o") { Description = description, Required = true };
        output.Validators.Add(result =>
        {
            if (string.IsNullOrWhiteSpace(result.GetValueOrDefault<string>()))
            {
                result.AddError("--output is empty; give a path.");
            }
        });
        return output;
    }
}
