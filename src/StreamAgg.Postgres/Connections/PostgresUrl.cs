using System.Text.RegularExpressions;

namespace StreamAgg.Postgres.Connections;

/// <summary>Reads what libpq calls a connection URI: <c>postgresql://user:password@host:port,host:port/database?parameter=value</c>.</summary>
internal static partial class PostgresUrl
{
    public static bool IsUrl(string text) => Scheme().IsMatch(text);

    /// <summary>Its parts as keywords and values, decoded.</summary>
    /// <exception cref="FormatException">A part can't be read; the message repeats none of them.</exception>
    public static IEnumerable<(string Name, string Value)> Read(string url)
    {
        string rest = Scheme().Replace(url, "");
        int end = rest.IndexOfAny(['/', '?'], AfterLogin(rest));
        string authority = end < 0 ? rest : rest[..end], behind = end < 0 ? "" : rest[end..];
        int login = authority.LastIndexOf('@'), query = behind.IndexOf('?', StringComparison.Ordinal);
        string database = (query < 0 ? behind : behind[..query]).TrimStart('/'), parameters = query < 0 ? "" : behind[(query + 1)..];
        // A raw one there is a piece of a login that a / or a ? has cut: nothing of it may be shown as a name.
        if (behind.Contains('@', StringComparison.Ordinal))
            throw new FormatException(
                "it has an @ behind its host: within a user or a password / is written %2F, ? is %3F, @ is %40 (and @ behind the host, too)");

        var pairs = new List<(string, string)>();
        if (login >= 0)
        {
            string[] user = authority[..login].Split(':', 2);
            pairs.Add(("Username", Decode(user[0])));
            if (user.Length > 1)
                pairs.Add(("Password", Decode(user[1])));
        }
        string hosts = authority[(login + 1)..];
        if (hosts.Length > 0)
            pairs.Add(("Host", string.Join(',', hosts.Split(',').Select(host => Decode(host.EndsWith(':') ? host[..^1] : host)))));
        if (database.Length > 0)
            pairs.Add(("Database", Decode(database)));
        pairs.AddRange(parameters.Split('&', StringSplitOptions.RemoveEmptyEntries).Select(Parameter));
        return pairs.Where(pair => pair.Item2.Length > 0);
    }

    /// <summary>Where the host begins: up to a login's <c>@</c> a <c>?</c> is part of it, as in libpq.</summary>
    private static int AfterLogin(string rest)
    {
        int slash = rest.IndexOf('/', StringComparison.Ordinal);
        return (slash < 0 ? rest : rest[..slash]).LastIndexOf('@') + 1;
    }

    private static (string Name, string Value) Parameter(string text)
    {
        string[] parts = text.Split('=', 2);
        string name = Decode(parts[0]);
        if (parts.Length == 1 || !Name().IsMatch(name))
            throw new FormatException("its parameters are not of the form name=value&name=value");
        if (!ConnectionKeywords.IsKnown(name))
            throw new FormatException($"its parameter '{name}' is not known");
        return (name, Decode(parts[1]));
    }

    private static string Decode(string part)
    {
        if (Stray().IsMatch(part))
            throw new FormatException("it has a % that no two hexadecimal digits follow: a % itself is written %25");
        return Uri.UnescapeDataString(part);
    }

    [GeneratedRegex("^\\s*postgres(ql)?://", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Scheme();

    [GeneratedRegex("^[A-Za-z][A-Za-z_ ]{0,40}$", RegexOptions.None, 1000)]
    private static partial Regex Name();

    [GeneratedRegex("%(?![0-9A-Fa-f]{2})", RegexOptions.None, 1000)]
    private static partial Regex Stray();
}
