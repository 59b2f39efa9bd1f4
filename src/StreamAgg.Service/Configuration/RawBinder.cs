using StreamAgg.Postgres.Connections;
using StreamAgg.Postgres.Raw;

namespace StreamAgg.Service.Configuration;

/// <summary>The settings of section <c>Raw</c>.</summary>
internal static class RawBinder
{
    private const string Allowed =
        "allowed is a table or a schema and a table with a dot between, each 1 to 63 bytes, in double quotes where it has a dot in it";

    public static RawOptions Bind(SettingsReader reader)
    {
        var defaults = new RawOptions();
        return new()
        {
            ConnectionString = reader.Optional("Raw:ConnectionString",
                text => ConnectionText.FaultOf(text) is { } fault ? $"{ConnectionText.Allowed}: {fault}" : null),
            UsageTable = reader.Judged("Raw:UsageTable", defaults.UsageTable, TableFault),
            ErrorTable = reader.Judged("Raw:ErrorTable", defaults.ErrorTable, TableFault),
            GroupTable = reader.Judged("Raw:GroupTable", defaults.GroupTable, OptionalTableFault),
            AccountTable = reader.Judged("Raw:AccountTable", defaults.AccountTable, OptionalTableFault),
        };
    }

    private static string? TableFault(string name) => RawOptions.Quoted(name) is null ? Allowed : null;

    private static string? OptionalTableFault(string name) => name.Length == 0 || RawOptions.Quoted(name) is not null ? null
        : $"{Allowed}; empty for none";
}
