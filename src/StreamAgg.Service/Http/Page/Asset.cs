using System.Collections.Frozen;
using System.IO.Compression;
using System.Security.Cryptography;

namespace StreamAgg.Service.Http.Page;

/// <summary>A file that the page loads: it comes with the program, and is known by what is in it.</summary>
/// <param name="Tag">Changes when the content does; quoted, as ETag has it.</param>
/// <param name="Packed">Brotli.</param>
internal sealed record Asset(string ContentType, string Tag, byte[] Content, byte[] Packed)
{
    private const string Prefix = "page/";

    private static readonly Lazy<FrozenDictionary<string, Asset>> All = new(() => typeof(Asset).Assembly.GetManifestResourceNames()
        .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)).ToFrozenDictionary(name => name[Prefix.Length..], Load));

    /// <summary>Null where there is none of that name.</summary>
    public static Asset? Find(string name) => All.Value.GetValueOrDefault(name);

    public static IEnumerable<string> Names => All.Value.Keys;

    private static Asset Load(string resource)
    {
        using var stream = typeof(Asset).Assembly.GetManifestResourceStream(resource)!;
        byte[] content = new byte[stream.Length];
        stream.ReadExactly(content);
        string type = Path.GetExtension(resource) switch
        {
            ".css" => "text/css; charset=utf-8",
            ".svg" => "image/svg+xml",
            ".json" => "application/json",
            ".txt" => "text/plain; charset=utf-8",
            _ => "text/javascript; charset=utf-8",
        };
        return new Asset(type, $"\"{Convert.ToHexStringLower(SHA256.HashData(content))[..16]}\"", content, Pack(content));
    }

    private static byte[] Pack(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var brotli = new BrotliStream(packed, CompressionLevel.Optimal))
            brotli.Write(content);
        return packed.ToArray();
    }
}
