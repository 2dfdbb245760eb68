using YamlDotNet.RepresentationModel;

namespace CoDe.EndToEnd.Deployment;

/// <summary>Reads YAML that is of no Kubernetes kind.</summary>
internal static class Yaml
{
    public static YamlMappingNode Read(string file)
    {
        using var reader = File.OpenText(file);
        var yaml = new YamlStream();
        yaml.Load(reader);
        return (YamlMappingNode)yaml.Documents.Single().RootNode;
    }

    public static YamlMappingNode Map(this YamlMappingNode node, string key)
        => node.Children.TryGetValue(key, out var value) && value is YamlMappingNode map ? map : [];

    public static string Text(this YamlMappingNode node, string key) => ((YamlScalarNode)node.Children[key]).Value!;

    public static IEnumerable<string> Keys(this YamlMappingNode node)
        => node.Children.Keys.Select(key => ((YamlScalarNode)key).Value!);

    public static IEnumerable<string> List(this YamlMappingNode node, string key)
        => ((YamlSequenceNode)node.Children[key]).Select(value => ((YamlScalarNode)value).Value!);

    public static IEnumerable<YamlMappingNode> Maps(this YamlMappingNode node, string key)
        => ((YamlSequenceNode)node.Children[key]).Cast<YamlMappingNode>();
}
