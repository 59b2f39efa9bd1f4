using System.Data.Common;
using System.Globalization;
using System.Text.RegularExpressions;
using Npgsql;

namespace StreamAgg.Postgres.Connections;

/// <summary>The text that says which server: Npgsql's form or a <c>postgresql://</c> URL. Here alone it is read, translated and judged.</summary>
/// <remarks>
/// A message repeats no value of the text, and of the names only those that are plainly names: a password with a <c>;</c> or an
/// <c>@</c> in it puts a piece of itself where a name should stand.
/// </remarks>
public static partial class ConnectionText
{
    public const string Allowed = "allowed is Host=…;Database=…;Username=… or postgresql://USER@HOST/DATABASE";

    /// <summary>What is wrong, as one clause without a value of the text; null where it can be used. Asks nothing of a server.</summary>
    public static string? FaultOf(string text)
    {
        try
        {
            Read(text);
            return null;
        }
        catch (FormatException wrong)
        {
            return wrong.Message;
        }
    }

    /// <exception cref="FormatException">It can't be read, or Npgsql refuses what it says. The message holds none of its values.</exception>
    public static NpgsqlConnectionStringBuilder Read(string text)
    {
        var settings = new NpgsqlConnectionStringBuilder();
        var pairs = PostgresUrl.IsUrl(text) ? PostgresUrl.Read(text.Trim()) : Pairs(text);
        foreach ((string name, string value) in pairs
            ?? throw new FormatException("it is not of the form keyword=value;keyword=value (a value with ; or = in it stands in quotes)"))
            ConnectionKeywords.Set(settings, name, value);
        if (string.IsNullOrWhiteSpace(settings.Host))
            throw new FormatException("it names no Host");
        foreach (string host in settings.Host.Split(','))
            JudgeHost(host);
        foreach ((string name, string? file) in ((string, string?)[])[
            ("Root Certificate", settings.RootCertificate), ("SSL Certificate", settings.SslCertificate), ("SSL Key", settings.SslKey)])
        {
            if (!string.IsNullOrEmpty(file) && !File.Exists(file))
                throw new FormatException($"its {name} is no file that can be read");
        }
        JudgeTogether(settings);
        return settings;
    }

    /// <summary>One address, which may move to another server.</summary>
    internal static bool IsSingleHost(this NpgsqlConnectionStringBuilder settings) => !settings.Host!.Contains(',', StringComparison.Ordinal);

    /// <summary>Null where the text has another form; the exception, which may hold a piece of it, goes no further.</summary>
    private static List<(string Name, string Value)>? Pairs(string text)
    {
        try
        {
            var pairs = new DbConnectionStringBuilder { ConnectionString = text };
            return [.. pairs.Keys!.Cast<string>().Select(name => (name, (string)pairs[name]))];
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private static void JudgeHost(string host)
    {
        if (Path.IsPathRooted(host.Trim()))
            return;
        if (!HostAndPort().IsMatch(host))
            throw new FormatException("its Host is no name or address (between keywords stands a ;, between hosts a comma)");
        // One colon, or one behind a bracket, is a port's; more of them are an address of version 6.
        int colon = host.LastIndexOf(':');
        if (colon >= 0 && (host.IndexOf(':', StringComparison.Ordinal) == colon || host[colon - 1] == ']')
            && !(ushort.TryParse(host.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port) && port > 0))
            throw new FormatException("its Host has a port that is none: allowed are 1 to 65535");
    }

    /// <summary>What Npgsql finds out only when it is to connect: limits that contradict each other, say.</summary>
    private static void JudgeTogether(NpgsqlConnectionStringBuilder settings)
    {
        var tried = new NpgsqlConnectionStringBuilder(settings.ConnectionString);
        if (tried.IsSingleHost())
            tried.TargetSessionAttributes = null;
        try
        {
            NpgsqlDataSource.Create(tried).Dispose();
        }
        catch (Exception refused)
            when (refused is ArgumentException or NotSupportedException or InvalidOperationException or FormatException or OverflowException)
        {
            throw new FormatException("Npgsql refuses it: " + refused.Message.ReplaceLineEndings(" ").TrimEnd('.'), refused);
        }
    }

    [GeneratedRegex(@"^\s*(\[[0-9a-fA-F:.%\w]+\]|[^\s=;/@?#\[\]]+?)(:[^\s=;/@?#\[\]:]*)?\s*$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex HostAndPort();
}
