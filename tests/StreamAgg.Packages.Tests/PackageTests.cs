using System.IO.Compression;
using System.Xml.Linq;
using StreamAgg.Embedded.Kafka;

namespace StreamAgg.Packages.Tests;

/// <summary>`./dev pack`, and the examples on what it packs, in a folder that knows nothing of the repository.</summary>
public sealed class PackageTests : IDisposable
{
    /// <summary>All that the packages may need beside themselves.</summary>
    private static readonly string[] Client = ["confluent.kafka", "librdkafka.redist"];

    private static readonly Dictionary<string, string> Surroundings = new()
    {
        ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1",
        ["DOTNET_SYSTEM_GLOBALIZATION_INVARIANT"] = "1",
    };

    private readonly string outside = Directory.CreateTempSubdirectory("streamagg-packages-").FullName;

    [Fact]
    public async Task What_is_packed_restores_and_runs_outside_the_repository()
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        foreach (string package in Client)
            Assert.SkipUnless(Directory.Exists(Path.Combine(Cache, package)), $"{package} is not in {Cache}: nothing can be restored without a network");
        await RunAsync(Repository.Root, Repository.PathOf("dev"), "pack", Path.Combine(outside, "packages"));

        Assert.Equal([], Dependencies("StreamAgg.Digests"));
        Assert.Equal(["Confluent.Kafka"], Dependencies("StreamAgg.Gateway"));

        WriteNuGetConfiguration();
        string digests = await BuildAsync("digests", "Digests.csproj");
        Assert.Equal("100 values, p99 99.01 ms\n", await RunAsync(outside, "dotnet", digests));

        string producer = await BuildAsync("csharp", "Producer.csproj");
        using var broker = new EmbeddedBroker();
        broker.CreateTopic("gateway.usage", 1);
        broker.CreateTopic("gateway.errors", 1);
        Assert.Equal("2 events delivered\n", await RunAsync(outside, "dotnet", producer, broker.BootstrapServers));

        Task<string> RunAsync(string folder, string program, params string[] arguments) =>
            Commands.RunAsync(folder, Surroundings, program, arguments, cancellation);

        async Task<string> BuildAsync(string example, string project)
        {
            string folder = Directory.CreateDirectory(Path.Combine(outside, example)).FullName;
            foreach (string file in (string[])["Program.cs", project])
                File.Copy(Repository.PathOf($"examples/{example}/{file}"), Path.Combine(folder, file));
            await RunAsync(
                folder, "dotnet", "build", project, "-c", "Release", "-o", "out", "--use-current-runtime", "--no-self-contained", "--nologo",
                "-nodeReuse:false", "-p:UseSharedCompilation=false", "-p:UseAppHost=false", "-p:TreatWarningsAsErrors=true", "-p:NuGetAudit=false");
            return Path.Combine(folder, "out", Path.ChangeExtension(project, ".dll"));
        }
    }

    [Theory]
    [InlineData("StreamAgg.Digests", "digests")]
    [InlineData("StreamAgg.Gateway", "csharp")]
    public void The_code_on_a_packages_page_is_the_example_that_is_run(string package, string example) =>
        Assert.Contains($"```csharp\n{Repository.Read($"examples/{example}/Program.cs")}```\n", Repository.Read($"src/{package}/README.md"), StringComparison.Ordinal);

    public void Dispose() => Directory.Delete(outside, recursive: true);

    private static string Cache =>
        Environment.GetEnvironmentVariable("NUGET_PACKAGES")
        ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");

    /// <summary>The packed folder is the only source, the Kafka client lies in this machine's cache, and what is restored goes into another.</summary>
    private void WriteNuGetConfiguration()
    {
        string client = Directory.CreateDirectory(Path.Combine(outside, "client")).FullName;
        foreach (string package in Client)
            Directory.CreateSymbolicLink(Path.Combine(client, package), Path.Combine(Cache, package));
        File.WriteAllText(
            Path.Combine(outside, "nuget.config"),
            """
            <configuration>
              <config><add key="globalPackagesFolder" value="cache" /></config>
              <packageSources><clear /><add key="packed" value="packages" /></packageSources>
              <fallbackPackageFolders><clear /><add key="client" value="client" /></fallbackPackageFolders>
            </configuration>
            """);
    }

    /// <summary>What a package says that it needs, once it has been looked at for all that it shall hold.</summary>
    private string[] Dependencies(string package)
    {
        using ZipArchive archive = ZipFile.OpenRead(Directory.GetFiles(Path.Combine(outside, "packages"), $"{package}.*.nupkg").Single());
        Assert.Superset(
            new HashSet<string>([$"{package}.nuspec", "README.md", $"lib/net10.0/{package}.dll", $"lib/net10.0/{package}.xml"]),
            archive.Entries.Select(entry => entry.FullName).ToHashSet());
        Assert.Single(archive.Entries, entry => entry.FullName.EndsWith(".dll", StringComparison.Ordinal));
        using Stream nuspec = archive.GetEntry($"{package}.nuspec")!.Open();
        XElement metadata = XDocument.Load(nuspec).Root!.Elements().Single();
        Assert.Equal("MIT", metadata.Elements().Single(element => element.Name.LocalName == "license").Value);
        return [.. metadata.Descendants().Where(element => element.Name.LocalName == "dependency").Select(element => element.Attribute("id")!.Value)];
    }
}
