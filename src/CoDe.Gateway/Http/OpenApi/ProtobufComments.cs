using System.Text.RegularExpressions;

namespace CoDe.Gateway.Http.OpenApi;

/// <summary>
/// Comments of messages, fields and enums in the embedded .proto files: descriptors of generated C# have none.
/// Reads the style of this repository's files: comments stand on lines of their own before what they are about.
/// </summary>
internal static partial class ProtobufComments
{
    private static readonly Dictionary<string, string> Comments = Read(
        "flow.proto", "generation.proto", "jobs.proto", "plan.proto", "timeline.proto");

    /// <param name="name">A message or an enum, or one of its fields or values: <c>Settings.top_k</c>.</param>
    /// <returns>Null where it has none.</returns>
    public static string? Of(string name) => Comments.GetValueOrDefault(name);

    private static Dictionary<string, string> Read(params string[] files)
    {
        var comments = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var file in files)
        {
            using var stream = typeof(ProtobufComments).Assembly.GetManifestResourceStream(file)!;
            using var reader = new StreamReader(stream);
            ReadFile(reader.ReadToEnd(), comments);
        }

        return comments;
    }

    private static void ReadFile(string text, Dictionary<string, string> comments)
    {
        var pending = new List<string>();
        var scope = "";
        foreach (var line in text.Split('\n', StringSplitOptions.TrimEntries))
        {
            if (line.StartsWith("//", StringComparison.Ordinal))
            {
                pending.Add(line[2..].Trim());
                continue;
            }

            var type = TypeLine().Match(line).Groups[1].Value;
            var member = MemberLine().Match(line).Groups[1].Value;
            scope = type.Length > 0 ? type : scope;
            if (pending.Count > 0 && type.Length + member.Length > 0)
            {
                comments[type.Length > 0 ? type : $"{scope}.{member}"] = string.Join(' ', pending);
            }

            pending.Clear();
        }
    }

    [GeneratedRegex(@"^(?:message|enum) (\w+)")]
    private static partial Regex TypeLine();

    [GeneratedRegex(@"^(?:[\w. ]+ )?(\w+) = \d+;")]
    private static partial Regex MemberLine();
}
