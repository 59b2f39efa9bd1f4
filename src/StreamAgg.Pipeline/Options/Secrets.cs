using System.Text.RegularExpressions;

namespace StreamAgg.Pipeline.Options;

/// <summary>What may hold a password, a token or a key is never shown: the one rule for settings, and a net below every line written.</summary>
public static partial class Secrets
{
    private const string Mask = "***";

    /// <summary>Each pattern is linear in all but contrived texts, and a line is short.</summary>
    private const int MatchTimeoutMilliseconds = 10_000;

    /// <summary>True where a setting's value is to be left out, for its name or for its own form.</summary>
    public static bool MayHold(string name, string value) =>
        (SecretName().IsMatch(name) && !(name.EndsWith("File", StringComparison.OrdinalIgnoreCase) && Path.IsPathRooted(value)))
        || Login().IsMatch(value) || Assignment().IsMatch(value);

    /// <summary>A text of somebody else's without the logins of URLs and without what stands behind <c>password=</c> and its like.</summary>
    public static string Hide(string text) =>
        Assignment().Replace(Login().Replace(text, "${scheme}" + Mask + "@"), "${name}" + Mask);

    // "key" alone only as a word of its own: MaxKeys is none.
    [GeneratedRegex(
        @"connectionstring|passw|pwd|passphrase|secret|token|jaas|credential|oauthbearer\.config|\.pem|api[-_.]?key|(^|[.:_])key([.:_]|$)",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, MatchTimeoutMilliseconds)]
    private static partial Regex SecretName();

    [GeneratedRegex(
        @"(?<scheme>[a-z][a-z0-9+.-]*://)[^\s]*@|(?<scheme>)(?<![^\s'""=])[^\s:@/'""]+:[^\s@]+@(?=[\w\[])",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, MatchTimeoutMilliseconds)]
    private static partial Regex Login();

    // The second is librdkafka's way to say that a token's configuration is wrong.
    [GeneratedRegex(
        @"(?<name>(?:passw(?:or)?d|pwd|passphrase|secret|token|credentials?|api[-_]?key|authorization)\s*=\s*)(?:'(?:[^']|'')*'|""(?:[^""]|"""")*""|[^;&\s]+)|(?<name>sasl\.oauthbearer\.config beginning at:).*",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, MatchTimeoutMilliseconds)]
    private static partial Regex Assignment();
}
