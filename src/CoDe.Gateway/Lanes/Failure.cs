using CoDe.Flow;

namespace CoDe.Gateway.Lanes;

/// <summary>The failure of an image as it crosses silos.</summary>
/// <param name="Type">Name of the domain exception; another name is a fault of the program.</param>
[GenerateSerializer, Immutable]
internal sealed record Failure([property: Id(0)] string Type, [property: Id(1)] string Message)
{
    public static Failure Of(Exception error) => error switch
    {
        StageFaultException { Fault: var fault } => new Failure($"{fault}", error.Message),
        OverloadedException overloaded => new Failure(nameof(OverloadedException), overloaded.Reason),
        _ => new Failure(error.GetType().Name, error.Message),
    };

    public Exception ToException() => Type switch
    {
        nameof(InvalidSettingException) => new InvalidSettingException(Message),
        nameof(ModelNotServedException) => new ModelNotServedException(Message),
        nameof(StepsNotServedException) => new StepsNotServedException(Message),
        nameof(OverloadedException) => new OverloadedException(Message),
        nameof(NotReadyException) => new NotReadyException(Message),
        nameof(JobNotFoundException) => JobNotFoundException.Because(Message),
        nameof(JobExistsException) => new JobExistsException(Message),
        nameof(StageFault.Lost) => new StageFaultException(StageFault.Lost, Message),
        nameof(StageFault.Busy) => new StageFaultException(StageFault.Busy, Message),
        nameof(StageFault.Failed) => new StageFaultException(StageFault.Failed, Message),
        _ => new InvalidOperationException($"{Type}: {Message}"),
    };
}
