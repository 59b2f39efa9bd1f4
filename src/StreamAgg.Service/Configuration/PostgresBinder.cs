using StreamAgg.Postgres.Connections;

namespace StreamAgg.Service.Configuration;

/// <summary>The settings of section <c>Postgres</c>, which <see cref="PostgresOptions"/> judges.</summary>
internal static class PostgresBinder
{
    public static PostgresOptions Bind(SettingsReader reader, string pipelineId)
    {
        var options = new PostgresOptions { PipelineId = pipelineId };
        options.ConnectionString = reader.Text("Postgres:ConnectionString", options.ConnectionString);
        options.ReadConnectionString = reader.OptionalText("Postgres:ReadConnectionString");
        options.PasswordFile = reader.OptionalText("Postgres:PasswordFile");
        options.MigrateOnStart = reader.Switch("Postgres:MigrateOnStart", options.MigrateOnStart);
        options.PublishSchema = reader.Text("Postgres:PublishSchema", options.PublishSchema);
        foreach (var (key, value, message) in options.Faults())
            reader.Refuse(key, value, message + ".");
        return options;
    }
}
