using System.CommandLine;
using CoDe.Flow;
using CoDe.Protocol;

namespace CoDe.Cli.Keys;

/// <summary><c>code keys new</c>: a fresh key, and the line of the gateway's file that lets it in.</summary>
internal static class NewCommand
{
    public static Command Create()
    {
        var name = new Option<string>("--name") { Description = "Name of the caller.", Required = true };
        name.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string>() is { } text && !CallerName.IsValid(text))
            {
                result.AddError($"--name is {Printable.Of(text)}; allowed: {CallerName.Allowed}.");
            }
        });
        var roles = new Option<string[]>("--role")
        {
            Description = "Role of the caller: generate, jobs (of others) or operate; may be given several times.",
            DefaultValueFactory = _ => [CallerRoles.Generate],
        };
        roles.AcceptOnlyFromAmong([.. CallerRoles.All]);
        var command = new Command("new", "Make a key. It is shown once; the gateway's file gets its SHA-256.")
        {
            name, roles,
        };
        command.SetAction(result =>
        {
            var key = ApiKey.Create();
            Console.Error.WriteLine("The key, which is shown only now:");
            Console.Out.WriteLine(key);
            Console.Error.WriteLine("The line for the file of Gateway:Callers:KeyFile:");
            Console.Out.WriteLine(LineOf(result.GetValue(name)!, key, result.GetValue(roles)!));
            return 0;
        });
        return command;
    }

    private static string LineOf(string name, string key, IEnumerable<string> roles)
        => $"{name} {ApiKey.DigestOf(key)} roles={string.Join(',', roles.Distinct())}";
}
