using System.Text.RegularExpressions;

namespace StreamAgg.Service.Tests.Conventions;

/// <summary>The repository's own files.</summary>
internal static partial class Sources
{
    public static string Root { get; } = RootAbove(AppContext.BaseDirectory);

    /// <summary>Every C# file of src, by its path below the root.</summary>
    public static IReadOnlyDictionary<string, string> Product { get; } = Directory
        .EnumerateFiles(Path.Combine(Root, "src"), "*.cs", SearchOption.AllDirectories)
        .Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/'))
        .Where(path => !path.Contains("/obj/", StringComparison.Ordinal) && !path.Contains("/bin/", StringComparison.Ordinal))
        .ToDictionary(path => path, path => Read(path));

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    /// <summary>The text without comments and strings.</summary>
    public static string CodeOf(string text) => Words().Replace(text, " ");

    private static string RootAbove(string? folder)
    {
        while (folder is not null && !File.Exists(Path.Combine(folder, "StreamAgg.sln")))
            folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("These tests read the repository that they were built in, and it is not there any more.");
    }

    [GeneratedRegex(""""
        """[\s\S]*?"""|//[^\n]*|"(?:[^"\\\n]|\\.)*"
        """")]
    private static partial Regex Words();
}
