using Microsoft.Extensions.Logging;

namespace CoDe.Hosting.Tls;

/// <summary>Log messages about certificates: event ids 1100 to 1199.</summary>
internal static partial class TlsLog
{
    [LoggerMessage(EventId = 1100, Level = LogLevel.Information, Message = "Took over certificates: {Files}")]
    public static partial void FilesReadAgain(this ILogger logger, string files);

    [LoggerMessage(
        EventId = 1101, Level = LogLevel.Error,
        Message = "Certificates stay as they were, since their files cannot be read, {Files}: {Reason}")]
    public static partial void FilesNotRead(this ILogger logger, string files, string reason);

    [LoggerMessage(
        EventId = 1102, Level = LogLevel.Warning,
        Message = "The certificate {Caller} is not accepted any more: {Reason}. Its connection is closed")]
    public static partial void CallRefused(this ILogger logger, CallerCertificate caller, string reason);

    /// <summary>Not shown by default: strangers could fill the log.</summary>
    [LoggerMessage(
        EventId = 1103, Level = LogLevel.Debug, Message = "The certificate {Caller} is not accepted: {Reason}")]
    public static partial void HandshakeRefused(this ILogger logger, CallerCertificate caller, string reason);
}
