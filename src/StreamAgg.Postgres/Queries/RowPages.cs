using Npgsql;
using NpgsqlTypes;
using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Rollups;
using StreamAgg.Core.Time;
using StreamAgg.Postgres.Columns;

namespace StreamAgg.Postgres.Queries;

/// <summary>Reads published rows by pages of their key, so that neither a connection nor a snapshot need be held between two of them.</summary>
internal static class RowPages
{
    /// <summary>Rows of a page where nobody says.</summary>
    public const int Page = 10_000;

    /// <summary>What <see cref="Read"/> reads, of a row <c>t</c>.</summary>
    public static string Columns(string schema, RowTable table) =>
        $"t.{table.BucketColumn}, {new TableKey(table, schema).Label} AS label, {table.Figures.Each(figure => $"t.{figure.Column}")}";

    public static string Sql(string schema, RowTable table)
    {
        string order = new TableKey(table, schema).Order;
        return
            $"""
            SELECT {Columns(schema, table)} FROM {Within(schema, table)}
              AND (@after::{table.BucketType} IS NULL OR ({order}) > ({Enumerable.Range(0, table.Dimensions.Count).Select(place => $"@after{place}::text").Prepend("@after").Each(value => value)}))
            ORDER BY {order} LIMIT @limit
            """;
    }

    public static void Bind(
        NpgsqlParameterCollection p, RowTable table, RowFilter filter, Instant? from, Instant? to, int limit, PublishedRow? after)
    {
        BindRange(p, table, filter, from, to).WithOptional("after", ToColumn(table, after?.Start), TypeOf(table)).With("limit", (long)limit);
        string[]? labels = after is null ? null : Rollup.Split(after.Label, table.Dimensions.Count);
        for (int place = 0; place < table.Dimensions.Count; place++)
            p.WithOptional($"after{place}", labels?[place], NpgsqlDbType.Text);
    }

    public static string Within(string schema, RowTable table) =>
        $"""
        {Matching(schema, table)}
          AND (@from::{table.BucketType} IS NULL OR t.{table.BucketColumn} >= @from) AND (@to::{table.BucketType} IS NULL OR t.{table.BucketColumn} < @to)
        """;

    /// <summary>A pipeline's rows with the values of dimensions that are wanted, whenever.</summary>
    public static string Matching(string schema, RowTable table)
    {
        var key = new TableKey(table, schema);
        IEnumerable<string> conditions = Enumerable.Range(0, table.Dimensions.Count)
            .Select(place => $"(@where{place}::text[] IS NULL OR {key[place]} = ANY (@where{place}))").Prepend(key.IsOurs);
        return $"{key.Table} t WHERE {string.Join(" AND ", conditions)}";
    }

    public static NpgsqlParameterCollection BindRange(NpgsqlParameterCollection p, RowTable table, RowFilter filter, Instant? from, Instant? to)
    {
        for (int place = 0; place < table.Dimensions.Count; place++)
            p.WithOptional($"where{place}", filter.Of(table.Dimensions[place])?.ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Text);
        return p.With("pipeline", filter.Pipeline)
            .WithOptional("from", ToColumn(table, from), TypeOf(table)).WithOptional("to", ToColumn(table, to), TypeOf(table));
    }

    public static PublishedRow Read(RowTable table, NpgsqlDataReader row) => new(Timestamps.ReadInstant(row, 0), row.GetString(1),
    [
        .. table.Figures.Select((figure, place) => row.IsDBNull(place + 2) ? null
            : figure.SqlType == Figures.Time ? Timestamps.ReadInstant(row, place + 2) : row.GetValue(place + 2)),
    ])
    { Table = table };

    /// <summary>Of days the first that starts at or after the time.</summary>
    private static object? ToColumn(RowTable table, Instant? time) =>
        time is not { } instant ? null : table.IsDaily ? Day.FirstFrom(instant).ToDate() : (object)Timestamps.ToColumn(instant);

    private static NpgsqlDbType TypeOf(RowTable table) => table.IsDaily ? NpgsqlDbType.Date : NpgsqlDbType.TimestampTz;
}

/// <summary>Which rows are wanted.</summary>
/// <param name="Pipeline">Whose, of the state's tables.</param>
/// <param name="Platforms">Null: all of them. The empty label is one.</param>
/// <param name="Where">The value of each dimension that is asked for; null: any.</param>
internal sealed record RowFilter(
    string Pipeline, IReadOnlyCollection<string>? Platforms = null, IReadOnlyDictionary<string, IReadOnlyCollection<string>>? Where = null)
{
    /// <summary>The values of a dimension; null: any.</summary>
    public IReadOnlyCollection<string>? Of(string dimension) =>
        Where?.GetValueOrDefault(dimension) ?? (dimension == Rollup.Platform ? Platforms : null);
}
