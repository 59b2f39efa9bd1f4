using StreamAgg.Postgres.Raw;

namespace StreamAgg.Service.Configuration;

/// <summary>The settings of section <c>Raw</c>, which <see cref="RawOptions"/> judges.</summary>
internal static class RawBinder
{
    public static RawOptions Bind(SettingsReader reader)
    {
        var options = new RawOptions();
        options.ConnectionString = reader.OptionalText("Raw:ConnectionString");
        options.UsageTable = reader.Text("Raw:UsageTable", options.UsageTable);
        options.ErrorTable = reader.Text("Raw:ErrorTable", options.ErrorTable);
        options.GroupTable = reader.Text("Raw:GroupTable", options.GroupTable);
        options.AccountTable = reader.Text("Raw:AccountTable", options.AccountTable);
        foreach (var (key, value, message) in options.Faults())
            reader.Refuse(key, value, message + ".");
        return options;
    }
}
