using CoDe.Flow;

namespace CoDe.Engine.Training;

/// <summary>A run cannot go on; the message names the cause and what to change.</summary>
public sealed class TrainingException(string message, Exception? inner = null) : InputException(message, inner);
