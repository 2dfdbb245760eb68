using System.Text.RegularExpressions;
using CoDe.Flow;
using CoDe.Gateway.Requests;
using CoDe.Protocol;

namespace CoDe.Gateway.Jobs;

/// <summary>
/// A caller as the owner of jobs. A job is kept under its owner's name and its id, as <c>alice~shapes</c>, so that ids
/// of two callers are two jobs. An owner knows its jobs by their ids, and those of others by both.
/// </summary>
/// <param name="Name">Empty where callers are not told apart; jobs from then are kept by their ids alone.</param>
/// <param name="SeesAll">Whether it may use jobs of others.</param>
internal readonly partial record struct JobOwner(string Name, bool SeesAll)
{
    private const char Separator = '~';

    private string Prefix => Name.Length == 0 ? "" : $"{Name}{Separator}";

    public static JobOwner Of(Caller caller)
        => caller.Identity is { } identity ? new(identity.CallerName, identity.SeesAllJobs) : new("", true);

    /// <summary>Gets the name of the owner of a job; empty for one of nobody.</summary>
    public static string NameIn(string key) => key[..Math.Max(0, key.LastIndexOf(Separator))];

    /// <summary>Gets the id that the owner gave a job.</summary>
    public static string IdIn(string key) => key[(key.LastIndexOf(Separator) + 1)..];

    /// <summary>Gets what a job of the owner is kept under.</summary>
    /// <exception cref="InvalidSettingException">It cannot be an id.</exception>
    public string OwnKeyOf(string id)
        => Identifier.IsValid(id) ? Prefix + id : throw new InvalidSettingException("id", id, Identifier.Allowed);

    /// <summary>Gets what a job is kept under that the owner knows by an id.</summary>
    /// <exception cref="InvalidSettingException">It cannot be an id.</exception>
    /// <exception cref="JobNotFoundException">It is a job of someone else.</exception>
    public string KeyOf(string id)
    {
        if (!KeyPattern.IsMatch(id))
        {
            return OwnKeyOf(id);
        }

        var key = id[0] == Separator ? id[1..] : id;
        return SeesAll || Owns(key) ? key : throw JobNotFoundException.Of(id);
    }

    /// <summary>Gets the id by which the owner knows a job.</summary>
    public string IdOf(string key) => Owns(key) ? IdIn(key)
        : key.Contains(Separator, StringComparison.Ordinal) ? key
        : Separator + key;

    private bool Owns(string key) => NameIn(key) == Name;

    /// <summary>Matches the name of an owner, which may be empty, and an id.</summary>
    [GeneratedRegex($@"^[A-Za-z0-9_.%~-]{{0,160}}~{Identifier.Pattern}\z")]
    private static partial Regex KeyPattern { get; }
}
