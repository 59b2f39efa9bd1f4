using Npgsql;
using NpgsqlTypes;
using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Time;
using StreamAgg.Postgres.Columns;

namespace StreamAgg.Postgres.Queries;

/// <summary>Reads published rows by pages of their key, so that neither a connection nor a snapshot need be held between two of them.</summary>
internal static class RowPages
{
    /// <summary>Rows of a page where nobody says.</summary>
    public const int Page = 10_000;

    public static readonly string Columns = Figures.All.Each(figure => figure.Column);

    public static string Sql(string schema, RowTable table) =>
        $"""
        SELECT {table.BucketColumn}, platform, {Columns} FROM {Within(schema, table)}
          AND (@after::{table.BucketType} IS NULL OR ({table.BucketColumn}, platform) > (@after, @after_platform::text))
        ORDER BY {table.BucketColumn}, platform LIMIT @limit
        """;

    public static void Bind(
        NpgsqlParameterCollection p, RowTable table, IReadOnlyCollection<string>? platforms, Instant? from, Instant? to, int limit,
            PublishedRow? after) =>
        BindRange(p, table, platforms, from, to).WithOptional("after", ToColumn(table, after?.Start), TypeOf(table))
            .WithOptional("after_platform", after?.Platform, NpgsqlDbType.Text).With("limit", (long)limit);

    public static string Within(string schema, RowTable table) =>
        $"""
        {schema}.{table.Name} WHERE (@platforms::text[] IS NULL OR platform = ANY (@platforms))
          AND (@from::{table.BucketType} IS NULL OR {table.BucketColumn} >= @from) AND (@to::{table.BucketType} IS NULL OR {table.BucketColumn} < @to)
        """;

    /// <summary>Of days the first that starts at or after the time.</summary>
    private static object? ToColumn(RowTable table, Instant? time) =>
        time is not { } instant ? null : table == RowTable.Daily ? Day.FirstFrom(instant).ToDate() : (object)Timestamps.ToColumn(instant);

    private static NpgsqlDbType TypeOf(RowTable table) => table == RowTable.Daily ? NpgsqlDbType.Date : NpgsqlDbType.TimestampTz;

    public static NpgsqlParameterCollection BindRange(
        NpgsqlParameterCollection p, RowTable table, IReadOnlyCollection<string>? platforms, Instant? from, Instant? to) =>
        p.WithOptional("platforms", platforms?.ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Text)
            .WithOptional("from", ToColumn(table, from), TypeOf(table)).WithOptional("to", ToColumn(table, to), TypeOf(table));

    public static PublishedRow Read(NpgsqlDataReader row) => new(Timestamps.ReadInstant(row, 0), row.GetString(1),
    [
        .. Figures.All.Select((figure, place) => row.IsDBNull(place + 2) ? null
            : figure.SqlType == Figures.Time ? Timestamps.ReadInstant(row, place + 2) : row.GetValue(place + 2)),
    ]);
}
