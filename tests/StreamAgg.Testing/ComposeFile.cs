namespace StreamAgg.Testing;

/// <summary>docker-compose.yml, as far as it says which images this version works with.</summary>
internal static class ComposeFile
{
    /// <summary>The image of a repository with its version, such as <c>postgres:17</c>.</summary>
    public static string Image(string repository)
    {
        using Stream stream = typeof(ComposeFile).Assembly.GetManifestResourceStream("docker-compose.yml")
            ?? throw new InvalidOperationException("docker-compose.yml is not embedded");
        using var reader = new StreamReader(stream);
        string prefix = $"image: {repository}:";
        return reader.ReadToEnd().Split('\n').Select(line => line.Trim()).First(line => line.StartsWith(prefix, StringComparison.Ordinal))["image: ".Length..];
    }
}
