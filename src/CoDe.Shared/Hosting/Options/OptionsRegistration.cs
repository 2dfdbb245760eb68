using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace CoDe.Hosting.Options;

/// <summary>Registers the options of a service, so that components can take <see cref="IOptions{TOptions}"/>.</summary>
public static class OptionsRegistration
{
    /// <summary>
    /// Reads the options of a service, validates them and registers them. Reading them before the host is built lets
    /// the ports and the parts of the host depend on them.
    /// </summary>
    /// <param name="defaults">Options as they are when nothing is configured.</param>
    /// <exception cref="OptionsException">Settings are unknown or invalid; the message names them all.</exception>
    public static T AddServiceOptions<T>(this WebApplicationBuilder builder, string section, T defaults)
        where T : ServiceOptions
    {
        var options = builder.Configuration.Read(section, defaults);
        options.HttpPortIsConfigured = builder.Configuration[$"{section}:{nameof(options.HttpPort)}"] is not null;
        builder.Services.AddSingleton(Microsoft.Extensions.Options.Options.Create(options));
        return options;
    }
}
