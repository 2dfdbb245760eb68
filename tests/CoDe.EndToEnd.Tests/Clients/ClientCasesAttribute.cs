using System.Reflection;
using CoDe.EndToEnd.Examples;
using Xunit;
using Xunit.Sdk;

namespace CoDe.EndToEnd.Clients;

/// <summary>All cases of a client in one language; skipped with a reason where the client cannot run.</summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public sealed class ClientCasesAttribute : DataAttribute
{
    private readonly string _language;

    public ClientCasesAttribute(string language)
    {
        _language = language;
        Skip = ExampleClient.Named(language).Missing;
    }

    public override IEnumerable<object[]> GetData(MethodInfo testMethod)
        => ForeignClientTests.Cases.Select(name => new object[] { name, _language });
}

/// <summary>A test that compares the clients of all languages; skipped with a reason where one cannot run.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class AllClientsTheoryAttribute : TheoryAttribute
{
    public AllClientsTheoryAttribute()
        => Skip = ExampleClient.All.Select(client => client.Missing).FirstOrDefault(missing => missing is not null);
}
