using System.ComponentModel;
using System.Reflection;
using Npgsql;

namespace StreamAgg.Postgres.Connections;

/// <summary>The names that a connection string may use: Npgsql's, its synonyms, and libpq's, with libpq's spelling of values.</summary>
internal static class ConnectionKeywords
{
    private static readonly Dictionary<string, string> Synonyms = new(StringComparer.Ordinal)
    {
        ["server"] = nameof(NpgsqlConnectionStringBuilder.Host),
        ["user"] = nameof(NpgsqlConnectionStringBuilder.Username),
        ["userid"] = nameof(NpgsqlConnectionStringBuilder.Username),
        ["uid"] = nameof(NpgsqlConnectionStringBuilder.Username),
        ["pwd"] = nameof(NpgsqlConnectionStringBuilder.Password),
        ["psw"] = nameof(NpgsqlConnectionStringBuilder.Password),
        ["db"] = nameof(NpgsqlConnectionStringBuilder.Database),
        ["loadbalancetimeout"] = nameof(NpgsqlConnectionStringBuilder.ConnectionLifetime),
        ["dbname"] = nameof(NpgsqlConnectionStringBuilder.Database),
        ["hostaddr"] = nameof(NpgsqlConnectionStringBuilder.Host),
        ["sslrootcert"] = nameof(NpgsqlConnectionStringBuilder.RootCertificate),
        ["sslcert"] = nameof(NpgsqlConnectionStringBuilder.SslCertificate),
        ["connecttimeout"] = nameof(NpgsqlConnectionStringBuilder.Timeout),
        ["targetsessionattrs"] = nameof(NpgsqlConnectionStringBuilder.TargetSessionAttributes),
        ["gssencmode"] = nameof(NpgsqlConnectionStringBuilder.GssEncryptionMode),
        ["krbsrvname"] = nameof(NpgsqlConnectionStringBuilder.KerberosServiceName),
        ["keepalives"] = nameof(NpgsqlConnectionStringBuilder.TcpKeepAlive),
        ["keepalivesidle"] = nameof(NpgsqlConnectionStringBuilder.TcpKeepAliveTime),
        ["keepalivesinterval"] = nameof(NpgsqlConnectionStringBuilder.TcpKeepAliveInterval),
    };

    private static readonly Dictionary<string, PropertyInfo> Properties = FindProperties();

    public static bool IsKnown(string name) => Find(name) is not null;

    /// <exception cref="FormatException">The name is not known, or the value is none of its.</exception>
    public static void Set(NpgsqlConnectionStringBuilder settings, string name, string value)
    {
        if (Find(name) is not { } property)
            throw new FormatException(
                Nearest(name) is { } meant ? $"its keyword '{name}' is not known ('{meant}' is)" : "it has a keyword that is not known");
        // The machine's own certificates, which Npgsql takes where none is named.
        if (property.Name == nameof(NpgsqlConnectionStringBuilder.RootCertificate) && value == "system")
            return;
        if (!TrySet(settings, property, value))
            throw new FormatException($"its {TextOf(property)} has a value that is not allowed: {Expected(property)}");
    }

    /// <remarks>Npgsql's exception goes no further: it repeats the value.</remarks>
    private static bool TrySet(NpgsqlConnectionStringBuilder settings, PropertyInfo property, string value)
    {
        try
        {
            settings[property.Name] = Spelled(property.PropertyType, value);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static PropertyInfo? Find(string name)
    {
        string plain = Plain(name);
        return Properties.GetValueOrDefault(Synonyms.TryGetValue(plain, out string? own) ? Plain(own) : plain);
    }

    private static string Spelled(Type type, string value)
    {
        if (type.IsEnum)
            return value.Replace("-", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal);
        if (type != typeof(bool))
            return value;
        return value.Trim().ToUpperInvariant() switch
        {
            "1" or "ON" or "YES" or "RANDOM" => "true",
            "0" or "OFF" or "NO" or "DISABLE" => "false",
            _ => value,
        };
    }

    private static string Expected(PropertyInfo property) =>
        property.PropertyType.IsEnum ? "one of " + string.Join(", ", Enum.GetNames(property.PropertyType))
        : property.PropertyType == typeof(bool) ? "true or false"
        : property.Name == nameof(NpgsqlConnectionStringBuilder.TargetSessionAttributes)
            ? "one of any, primary, standby, read-write, read-only, prefer-primary, prefer-standby"
        : property.PropertyType == typeof(string) ? "see Npgsql's documentation"
        : "a number within its range";

    /// <summary>The known name that is at most two letters away: then what was written is a name, and may be repeated.</summary>
    private static string? Nearest(string name)
    {
        string plain = Plain(name);
        return plain.Length < 4 ? null : Properties.Concat(Synonyms.Select(own => KeyValuePair.Create(own.Key, Properties[Plain(own.Value)])))
            .Where(known => Distance(plain, known.Key) <= 2).OrderBy(known => Distance(plain, known.Key)).Select(known => TextOf(known.Value))
            .FirstOrDefault();
    }

    private static int Distance(string one, string other)
    {
        int[] row = [.. Enumerable.Range(0, other.Length + 1)];
        for (int i = 1; i <= one.Length; i++)
        {
            int corner = row[0];
            row[0] = i;
            for (int j = 1; j <= other.Length; j++)
                (corner, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, corner + (one[i - 1] == other[j - 1] ? 0 : 1)));
        }
        return row[^1];
    }

    private static string TextOf(PropertyInfo property) => property.GetCustomAttribute<DisplayNameAttribute>()?.DisplayName ?? property.Name;

    private static string Plain(string name) =>
        name.Replace(" ", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal).ToLowerInvariant();

    private static Dictionary<string, PropertyInfo> FindProperties()
    {
        var keywords = new NpgsqlConnectionStringBuilder();
        var found = new Dictionary<string, PropertyInfo>(StringComparer.Ordinal);
        foreach (PropertyInfo property in typeof(NpgsqlConnectionStringBuilder)
            .GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly))
        {
            if (keywords.ContainsKey(property.Name))
                found[Plain(property.Name)] = found[Plain(TextOf(property))] = property;
        }
        return found;
    }
}
