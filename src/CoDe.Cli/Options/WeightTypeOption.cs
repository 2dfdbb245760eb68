using System.CommandLine;
using CoDe.Engine.Compute;

namespace CoDe.Cli.Options;

/// <summary>The option that says in which type weights are written.</summary>
internal sealed class WeightTypeOption
{
    private readonly Option<string> _type = new("--type")
    {
        Description = "Type of the weights.",
        DefaultValueFactory = _ => "f32",
    };

    public void AddTo(Command command)
    {
        _type.AcceptOnlyFromAmong("f32", "f16", "bf16");
        command.Add(_type);
    }

    public ElementType Read(ParseResult result) => result.GetValue(_type) switch
    {
        "f16" => ElementType.Float16,
        "bf16" => ElementType.BFloat16,
        _ => ElementType.Float32,
    };
}
