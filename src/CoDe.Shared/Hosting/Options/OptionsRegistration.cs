using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace CoDe.Hosting.Options;

/// <summary>Registers the options of a service, so that components can take <see cref="IOptions{TOptions}"/>.</summary>
public static class OptionsRegistration
{
    /// <summary>Reads the options of a service at once and registers them.</summary>
    /// <param name="defaults">Makes options as they are when nothing is configured.</param>
    /// <exception cref="OptionsException">Something in the section is wrong; the message names all that is.</exception>
    public static T AddServiceOptions<T>(this WebApplicationBuilder builder, string section, Func<T> defaults)
        where T : ServiceOptions
    {
        builder.Services.AddSingleton<IOptionsFactory<T>>(services
            => new Factory<T>(defaults, services.GetServices<IConfigureOptions<T>>(), services.GetServices<IValidateOptions<T>>()));
        builder.Services.AddOptions<T>().BindConfiguration(section).ValidateOnStart();
        builder.Services.AddSingleton<IValidateOptions<T>>(new Validation<T>(section));
        return builder.Configuration.Read(section, defaults());
    }

    /// <summary>Starts from the defaults of a service: of two stages the same class has other ports.</summary>
    private sealed class Factory<T>(Func<T> defaults, IEnumerable<IConfigureOptions<T>> configure, IEnumerable<IValidateOptions<T>> validate)
        : OptionsFactory<T>(configure, [], validate)
        where T : ServiceOptions
    {
        protected override T CreateInstance(string name) => defaults();
    }

    private sealed class Validation<T>(string section) : IValidateOptions<T>
        where T : ServiceOptions
    {
        public ValidateOptionsResult Validate(string? name, T options)
        {
            string[] problems = [.. options.Problems(section)];
            return problems.Length > 0 ? ValidateOptionsResult.Fail(problems) : ValidateOptionsResult.Success;
        }
    }
}
