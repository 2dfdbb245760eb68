using System.CommandLine;

namespace CoDe.Cli.Train;

/// <summary><c>code train</c>: new models from a folder of pictures.</summary>
internal static class TrainCommand
{
    public static Command Create() => new("train", "Train a new model on pictures, a folder a class.")
    {
        TrainVqvaeCommand.Create(),
        TrainVarCommand.Create(),
    };
}

/// <summary><c>code finetune</c>: a pair of models for N drafted scales.</summary>
internal static class FinetuneCommand
{
    public static Command Create() => new("finetune", "Fine-tune a pair for its scales, as the paper on CoDe does.")
    {
        FinetuneDrafterCommand.Create(),
        FinetuneRefinerCommand.Create(),
    };
}
