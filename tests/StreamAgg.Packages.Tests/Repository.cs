namespace StreamAgg.Packages.Tests;

/// <summary>The repository that these tests were built in.</summary>
internal static class Repository
{
    public static string Root { get; } = RootAbove(AppContext.BaseDirectory);

    public static string PathOf(string path) => Path.Combine(Root, path);

    public static string Read(string path) => File.ReadAllText(PathOf(path)).ReplaceLineEndings("\n");

    private static string RootAbove(string? folder)
    {
        while (folder is not null && !File.Exists(Path.Combine(folder, "StreamAgg.sln")))
            folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("These tests read the repository that they were built in, and it is not there any more.");
    }
}
