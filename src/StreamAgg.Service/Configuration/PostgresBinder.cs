using Npgsql;
using StreamAgg.Postgres.Connections;
using StreamAgg.Service.Cli;

namespace StreamAgg.Service.Configuration;

/// <summary>The settings of section <c>Postgres</c>: a connection string that parses, a password file that can be read.</summary>
internal static class PostgresBinder
{
    private const string ConnectionKey = "Postgres:ConnectionString";
    private const string FileKey = "Postgres:PasswordFile";
    private const string Allowed = "allowed is a connection string, Host=…;Database=…;Username=…";

    public static PostgresOptions Bind(SettingsReader reader, string pipelineId)
    {
        var options = new PostgresOptions { PipelineId = pipelineId };
        options.ConnectionString = reader.Text(ConnectionKey, options.ConnectionString);
        options.PasswordFile = reader.OptionalText(FileKey);
        options.MigrateOnStart = reader.Switch("Postgres:MigrateOnStart", options.MigrateOnStart);
        options.PublishSchema = reader.Text("Postgres:PublishSchema", options.PublishSchema);
        CheckConnectionString(reader, options.ConnectionString);
        if (options.PasswordFile is { } file)
            CheckPasswordFile(reader, file);
        reader.RefuseAlso(options.Faults());
        return options;
    }

    private static void CheckConnectionString(SettingsReader reader, string text)
    {
        try
        {
            if (string.IsNullOrWhiteSpace(new NpgsqlConnectionStringBuilder(text).Host))
                reader.Refuse(ConnectionKey, text, $"{Allowed}: this one names no Host.");
        }
        catch (Exception e) when (e is ArgumentException or FormatException or InvalidCastException or OverflowException or KeyNotFoundException)
        {
            reader.Refuse(ConnectionKey, text, $"{Allowed}: {OneLine.Of(e)}");
        }
    }

    private static void CheckPasswordFile(SettingsReader reader, string path)
    {
        const string allowed = "allowed is a readable file that holds the password";
        try
        {
            if (File.ReadAllText(path).Trim('\r', '\n').Length == 0)
                reader.Refuse(FileKey, path, allowed + ": this one is empty.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            reader.Refuse(FileKey, path, $"{allowed}: {OneLine.Of(e)}");
        }
    }
}
