using System.Security.Cryptography;

namespace StreamAgg.Fuzz;

/// <summary>Inputs that once broke a promise, a file each, in <c>Inputs</c> beside this project's sources: nobody breaks it twice unseen.</summary>
internal sealed class KeptInputs
{
    private readonly string folder;

    public KeptInputs(string target)
    {
        folder = Path.Combine(RootAbove(AppContext.BaseDirectory), "tests", "StreamAgg.Fuzz", "Inputs", target);
        All = Directory.Exists(folder)
            ? [.. Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal).Select(file => (Path.GetFileName(file), File.ReadAllBytes(file)))]
            : [];
    }

    public IReadOnlyList<(string Name, byte[] Input)> All { get; }

    /// <returns>Its path below the root.</returns>
    public string Keep(byte[] input)
    {
        Directory.CreateDirectory(folder);
        string file = Path.Combine(folder, Convert.ToHexStringLower(SHA256.HashData(input))[..16]);
        File.WriteAllBytes(file, input);
        return Path.GetRelativePath(RootAbove(folder), file);
    }

    private static string RootAbove(string? path)
    {
        while (path is not null && !File.Exists(Path.Combine(path, "StreamAgg.sln")))
            path = Path.GetDirectoryName(path);
        return path ?? throw new InvalidOperationException("The kept inputs lie in the repository that this was built in, and it is not there any more.");
    }
}
