using PublicApiGenerator;
using StreamAgg.Digests;
using StreamAgg.Gateway.Producing;

namespace StreamAgg.Packages.Tests;

/// <summary>What others compile against. A change to it is a change of the approved text, which a reader sees.</summary>
public sealed class PublicApiTests
{
    /// <summary>With 1 the texts are written instead of compared.</summary>
    private const string Approve = "STREAMAGG_APPROVE_API";

    [Theory]
    [InlineData(typeof(TDigest))]
    [InlineData(typeof(GatewayProducer))]
    public void The_public_API_is_the_approved_one(Type ofPackage)
    {
        string path = $"tests/StreamAgg.Packages.Tests/{ofPackage.Assembly.GetName().Name}.api.txt";
        string api = ofPackage.Assembly.GeneratePublicApi(new ApiGeneratorOptions { IncludeAssemblyAttributes = false }).ReplaceLineEndings("\n").Trim() + "\n";
        if (Environment.GetEnvironmentVariable(Approve) == "1")
            File.WriteAllText(Repository.PathOf(path), api);
        Assert.True(api == Repository.Read(path), $"{path} says otherwise. Where that is meant, run this test with {Approve}=1 and commit what it writes. It is now:\n{api}");
    }
}
