using System.Text;
using StreamAgg.Pipeline.Options;
using StreamAgg.Postgres.Connections;

namespace StreamAgg.Service.Configuration;

/// <summary>The settings of section <c>Postgres</c>. Asks nothing of a server.</summary>
internal static class PostgresBinder
{
    public static PostgresOptions Bind(SettingsReader reader, PipelineOptions pipeline)
    {
        var defaults = new PostgresOptions();
        return new()
        {
            PipelineId = pipeline.Id,
            Rollups = pipeline.Rollups,
            MigrateOnStart = reader.Switch("Postgres:MigrateOnStart", defaults.MigrateOnStart),
            ConnectionString = reader.Judged("Postgres:ConnectionString", defaults.ConnectionString, ConnectionFault),
            ReadConnectionString = reader.Optional("Postgres:ReadConnectionString", ConnectionFault),
            PasswordFile = reader.Optional("Postgres:PasswordFile", FileFault),
            PublishSchema = reader.Judged("Postgres:PublishSchema", defaults.PublishSchema, SchemaFault),
        };
    }

    private static string? ConnectionFault(string text) => ConnectionText.FaultOf(text) is { } fault ? $"{ConnectionText.Allowed}: {fault}" : null;

    private static string? SchemaFault(string schema) =>
        Encoding.UTF8.GetByteCount(schema) is 0 or > 63 || schema.Contains('\0', StringComparison.Ordinal)
            ? "allowed is the name of a schema, 1 to 63 bytes"
        : schema is "streamagg" or "information_schema" || schema.StartsWith("pg_", StringComparison.Ordinal)
            ? "it is taken; allowed is any other schema, such as 'public'"
        : null;

    private static string? FileFault(string path) =>
        SettingFile.FaultOf(path, "the password", text => text.Trim('\r', '\n').Length == 0 ? "this one is empty" : null);
}
