using System.Globalization;
using System.Text.Json;
using StreamAgg.Core.Events;
using StreamAgg.Core.Time;

namespace StreamAgg.Postgres.Raw;

/// <summary>One of the two tables of requests, as it was found, and the statements that read it.</summary>
/// <param name="Kind">What its rows are.</param>
/// <param name="Name">As it is configured.</param>
/// <param name="Columns">Those that are there.</param>
/// <param name="Where">What else a row must meet; null: nothing.</param>
internal sealed record RawTable(EventKind Kind, string Name, IReadOnlyList<RawColumn> Columns, string? Where)
{
    /// <summary>Between them lies every time that can be counted.</summary>
    private const string Oldest = "'2000-01-01 00:00:00+00'::timestamptz", Latest = "'10000-01-01 00:00:00+00'::timestamptz";

    private string Condition => Where is null ? "" : $"\nAND ({Where})";

    private string Source => RawOptions.Quoted(Name)!;

    /// <summary>Every row of the hours, each column but whole numbers as text: a number is judged by its digits, as in a record.</summary>
    public string Copy(Hour from, Hour to) =>
        $"COPY (SELECT {RawColumns.Time}{string.Concat(Columns.Select(column => $", {column.Name}{(column.IsInteger ? "" : "::text")}"))} FROM "
            + $"{Source} WHERE {Within(from, to)}{Condition}) TO STDOUT (FORMAT BINARY)";

    public string Explain(Hour from, Hour to) => $"EXPLAIN (FORMAT JSON) SELECT FROM {Source} WHERE {Within(from, to)}{Condition}";

    public static long EstimateOf(string plan)
    {
        using var json = JsonDocument.Parse(plan);
        return (long)json.RootElement[0].GetProperty("Plan").GetProperty("Plan Rows").GetDouble();
    }

    /// <summary>The first time that can be counted.</summary>
    public string First => $"SELECT min({RawColumns.Time}) FROM {Source} WHERE {RawColumns.Time} >= {Oldest} AND {RawColumns.Time} < "
        + $"{Latest}{Condition}";

    /// <summary>How many rows lie in no hour: without a time, before and after what can be counted.</summary>
    public string Outside =>
        $"""
        SELECT count(*) FILTER (WHERE {RawColumns.Time} IS NULL), count(*) FILTER (WHERE {RawColumns.Time} < {Oldest}),
          count(*) FILTER (WHERE {RawColumns.Time} >= {Latest})
        FROM {Source} WHERE ({RawColumns.Time} IS NULL OR {RawColumns.Time} < {Oldest} OR {RawColumns.Time} >= {Latest}){Condition}
        """;

    private static string Within(Hour from, Hour to) => $"{RawColumns.Time} >= {Literal(from)} AND {RawColumns.Time} < {Literal(to)}";

    private static string Literal(Hour hour) =>
        $"'{hour.Start.ToUtcDateTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)}+00'::timestamptz";
}
