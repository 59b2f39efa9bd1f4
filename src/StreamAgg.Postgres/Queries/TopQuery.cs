using Npgsql;
using NpgsqlTypes;
using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Rollups;
using StreamAgg.Core.Time;
using StreamAgg.Digests;
using StreamAgg.Postgres.Columns;
using StreamAgg.Postgres.Connections;

namespace StreamAgg.Postgres.Queries;

/// <summary>The keys of a rollup that come first: counts are summed in the database, digests are read of what is shown alone.</summary>
internal sealed class TopQuery(string pipeline, string publishSchema, TopQuestion question)
{
    private const double MicrosAMillisecond = 1000;

    private static readonly string Sketches =
        $"""
        SELECT platform, bucket_start, {SketchColumns.DigestNames} FROM streamagg.sketches(@from, @to, @labels, @pipeline, @rollup) WHERE means IS NOT NULL
        """;

    private readonly RowTable hourly = RowTable.Of(question.Rollup, isDaily: false)[^1], daily = RowTable.Of(question.Rollup, isDaily: true)[^1];

    /// <summary>The days that are published, up to the last one.</summary>
    private string Split =>
        $"SELECT (max(t.bucket_date) + 1)::timestamp AT TIME ZONE 'UTC' FROM {Matching(daily)} AND t.bucket_date < (@to AT TIME ZONE 'UTC')::date";

    private string Keys =>
        $"""
        SELECT label, sum(requests)::bigint, sum(errors)::bigint, 100.0::float8 * sum(errors) / sum(requests),
          COALESCE(100.0::float8 * sum(sla_errors) / NULLIF(sum(successes) + sum(sla_errors), 0), 0), sum(tokens)::bigint, sum(cost),
          max(p99), sum(ttft_sum) / NULLIF(sum(ttft_count), 0), count(*) OVER (), (sum(sum(requests)) OVER ())::bigint
        FROM (
          {Rows(daily)} AND t.bucket_date >= (@from AT TIME ZONE 'UTC')::date AND t.bucket_date < (@split AT TIME ZONE 'UTC')::date
          UNION ALL
          {Rows(hourly)} AND t.bucket_start >= GREATEST(@from, @split) AND t.bucket_start < @to) r
        GROUP BY label ORDER BY {Order} DESC NULLS LAST, label COLLATE "C" LIMIT @limit
        """;

    private string Order => question.Order switch
    {
        TopOrder.Errors => "sum(errors)",
        TopOrder.Tokens => "sum(tokens)",
        TopOrder.Cost => "sum(cost)",
        TopOrder.P99 => "max(p99)",
        _ => "sum(requests)",
    };

    public async Task<TopAnswer> ReadAsync(StoreTransaction transaction)
    {
        Instant split = question.From;
        if (question.HasDays)
            await transaction.QueryAsync(Split, p => Bind(p), row => split = Timestamps.ReadOptionalInstant(row, 0) ?? split);
        long keys = 0, requests = 0;
        var rows = new List<(string Label, TopRow Row)>();
        await transaction.QueryAsync(Keys, p => BindKeys(p, split), row =>
        {
            (keys, requests) = (row.GetInt64(9), row.GetInt64(10));
            rows.Add((row.GetString(0), new TopRow(
                Rollup.Split(row.GetString(0), question.Rollup.Dimensions.Count), row.GetInt64(1), row.GetInt64(2), row.GetDouble(3),
                row.GetDouble(4), row.GetInt64(5), row.GetDecimal(6), Number(row, 7), Number(row, 8))));
        });
        var digests = rows.ToDictionary(row => row.Label, _ => new List<TDigest>());
        await transaction.QueryAsync(
            Sketches,
            p => Bind(p).With("labels", digests.Keys.ToArray()).With("rollup", question.Rollup.Name),
            row => digests[row.GetString(0)].Add(
                StoredDigest.Restore(SketchColumns.ReadDigest(row, 2)!, Timestamps.ReadHour(row, 1), row.GetString(0))));
        return new TopAnswer(keys, requests, [.. rows.Select(row => row.Row with { QuantilesMs = QuantilesOf(digests[row.Label]) })]);
    }

    private static double? Number(NpgsqlDataReader row, int ordinal) => row.IsDBNull(ordinal) ? null : row.GetDouble(ordinal);

    private IReadOnlyList<double> QuantilesOf(List<TDigest> digests)
    {
        if (digests.Count == 0)
            return [];
        TDigest merged = TDigest.Merge([.. digests], TDigest.MaxCompression);
        return [.. question.Quantiles.Select(q => merged.Quantile(q, MicrosAMillisecond))];
    }

    private string Rows(RowTable table) =>
        $"""
        SELECT {new TableKey(table, publishSchema).Label} AS label, t.request_count AS requests, t.error_count AS errors, t.sla_error_count AS sla_errors,
            t.success_count AS successes, t.input_tokens + t.output_tokens AS tokens, t.cost_usd AS cost, t.p99_latency_ms AS p99,
            t.avg_ttft_ms * t.ttft_count AS ttft_sum, t.ttft_count
          FROM {Matching(table)}
        """;

    private string Matching(RowTable table) => RowPages.Matching(publishSchema, table);

    private void BindKeys(NpgsqlParameterCollection parameters, Instant split) =>
        Bind(parameters).With("split", Timestamps.ToColumn(split)).With("limit", (long)question.Limit);

    private NpgsqlParameterCollection Bind(NpgsqlParameterCollection parameters)
    {
        foreach (var (place, dimension) in question.Rollup.Dimensions.Index())
            parameters.WithOptional(
                $"where{place}", question.Where.GetValueOrDefault(dimension)?.ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Text);
        return parameters.With("pipeline", pipeline).With("from", Timestamps.ToColumn(question.From)).With("to", Timestamps.ToColumn(question.To));
    }
}
