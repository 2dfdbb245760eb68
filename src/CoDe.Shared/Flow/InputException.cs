namespace CoDe.Flow;

/// <summary>An error that the user can correct. The message is one readable line that says what is wrong and what is allowed.</summary>
public abstract class InputException(string message, Exception? inner = null) : Exception(message, inner);
