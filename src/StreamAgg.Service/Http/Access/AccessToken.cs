using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;

namespace StreamAgg.Service.Http.Access;

/// <summary>
/// The one token that readers show: as <c>Bearer</c>, or as the password of <c>Basic</c>, which every browser can ask a person for.
/// </summary>
/// <remarks>Compared by its hash, in a time that depends on neither token: not even the length is told.</remarks>
internal sealed class AccessToken(string file, TimeProvider clock, ILogger logger)
{
    /// <value>What a refusal offers; a browser takes the one that it knows.</value>
    public static readonly string[] Schemes = ["Bearer realm=\"StreamAgg\"", "Basic realm=\"StreamAgg\", charset=\"UTF-8\""];

    private readonly ReadAgain<byte[]> hash = new([file], texts => HashOf(TokenOf(texts[0])), clock, logger);

    /// <summary>What is wrong with a token file's text, in words that do not repeat it; null where nothing is.</summary>
    public static string? FaultOf(string text) =>
        text.Trim().Length == 0 ? "this one is empty"
        : text.Trim().Any(c => c is <= ' ' or > '~') ? "this one holds more than one word, or what is not ASCII"
        : null;

    public bool Admits(string? authorization) =>
        AuthenticationHeaderValue.TryParse(authorization, out AuthenticationHeaderValue? shown)
        && Shown(shown) is { } token
        && CryptographicOperations.FixedTimeEquals(HashOf(token), hash.Current);

    private static string? Shown(AuthenticationHeaderValue header) => header.Scheme.ToUpperInvariant() switch
    {
        "BEARER" => header.Parameter,
        "BASIC" => PasswordOf(header.Parameter),
        _ => null,
    };

    private static string? PasswordOf(string? credentials)
    {
        byte[] bytes = new byte[credentials?.Length ?? 0];
        if (!Convert.TryFromBase64String(credentials ?? "", bytes, out int length))
            return null;
        string text = Encoding.UTF8.GetString(bytes, 0, length);
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? null : text[(colon + 1)..];
    }

    private static string TokenOf(string text) =>
        FaultOf(text) is { } fault ? throw new InvalidDataException(fault) : text.Trim();

    private static byte[] HashOf(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
