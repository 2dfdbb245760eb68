namespace CoDe.Flow;

/// <summary>Error that the user can correct. Its message is one line with the problem and the allowed values.</summary>
public abstract class InputException(string message, Exception? inner = null) : Exception(message, inner);
