using System.Text.RegularExpressions;

namespace StreamAgg.Service.Configuration;

/// <summary>Settings are shown in messages and logs; what is secret in them is not.</summary>
internal static partial class Secrets
{
    public const string Mask = "***";

    private static readonly string[] SecretWords = ["password", "secret", "jaas", ".pem", "token"];

    /// <summary>The value as it may be shown beside its key.</summary>
    public static string Shown(string key, string value) =>
        SecretWords.Any(word => key.Contains(word, StringComparison.OrdinalIgnoreCase)) && !key.EndsWith("PasswordFile", StringComparison.OrdinalIgnoreCase)
            ? Mask
            : InConnectionString().Replace(value, "${name}" + Mask);

    [GeneratedRegex(@"(?<name>(?:password|pwd|passphrase)\s*=\s*)(?:'(?:[^']|'')*'|""(?:[^""]|"""")*""|[^;]*)", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex InConnectionString();
}
