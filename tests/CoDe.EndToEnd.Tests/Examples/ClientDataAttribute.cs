using System.Reflection;
using Xunit.Sdk;

namespace CoDe.EndToEnd.Examples;

/// <summary>A test of one language's examples, that shows by being skipped what is not installed.</summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public sealed class ClientDataAttribute : DataAttribute
{
    private readonly object[] _data;

    /// <param name="client">Name of the language's folder.</param>
    /// <param name="further">Arguments of the test after the name.</param>
    public ClientDataAttribute(string client, params object[] further)
    {
        _data = [client, .. further];
        Skip = ExampleClient.Named(client).Missing;
    }

    public override IEnumerable<object[]> GetData(MethodInfo testMethod) => [_data];
}
