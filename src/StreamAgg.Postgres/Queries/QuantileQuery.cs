using Npgsql;
using NpgsqlTypes;
using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Time;
using StreamAgg.Digests;
using StreamAgg.Postgres.Columns;
using StreamAgg.Postgres.Connections;

namespace StreamAgg.Postgres.Queries;

/// <summary>The statement of <see cref="AggregateQueries.QuantileAsync"/> and the merge of what it finds.</summary>
internal static class QuantileQuery
{
    /// <summary>
    /// So many sketches lie in memory at once, 4 kB each: a year of days of eleven platforms. Where days are older than their hours, a year
    /// of five may have 43,800.
    /// </summary>
    private const int MaxHeldSketches = 4096;

    /// <summary>The finest there is: what is compacted on the way adds its own rank error to that of the sketches.</summary>
    private const int CompactCompression = 1000;

    private const double MicrosAMillisecond = 1000;

    private const string Range =
        """
        SELECT min(bucket_start), max(bucket_start) FROM streamagg.hour_sketch
        WHERE pipeline = @pipeline AND rollup = @rollup AND (@labels IS NULL OR label = ANY (@labels))
        """;

    private static readonly string Sketches =
        $"""
        SELECT platform, bucket_start, {SketchColumns.DigestNames} FROM streamagg.sketches(@from, @to, @labels, @pipeline, @rollup)
        ORDER BY bucket_start, platform COLLATE "C"
        """;

    /// <summary>What is asked for.</summary>
    /// <param name="Labels">Null: all of them.</param>
    public sealed record Question(string Pipeline, string Rollup, IReadOnlyCollection<string>? Labels, Instant? From, Instant? To)
    {
        public void Bind(NpgsqlParameterCollection p) => p.With("pipeline", Pipeline).With("rollup", Rollup)
            .WithOptional("labels", Labels?.ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Text)
            .WithOptional("from", From is { } from ? Timestamps.ToColumn(from) : (DateTime?)null, NpgsqlDbType.TimestampTz)
            .WithOptional("to", To is { } to ? Timestamps.ToColumn(to) : (DateTime?)null, NpgsqlDbType.TimestampTz);
    }

    public static async Task<QuantileAnswer> ReadAsync(StoreTransaction transaction, double q, Question question, Func<string, bool>? isWanted)
    {
        var labels = new SortedSet<string>(StringComparer.Ordinal);
        var digests = new List<TDigest>();
        var compacted = new List<TDigest>();
        await transaction.QueryAsync(Sketches, question.Bind, row =>
        {
            if (isWanted is not null && !isWanted(row.GetString(0)))
                return;
            labels.Add(row.GetString(0));
            if (SketchColumns.ReadDigest(row, 2) is not { } centroids)
                return;
            digests.Add(StoredDigest.Restore(centroids, Timestamps.ReadHour(row, 1), row.GetString(0)));
            if (digests.Count < MaxHeldSketches)
                return;
            compacted.Add(Compact(digests));
            digests.Clear();
        });
        var (from, to) = (question.From, question.To);
        if (from is null || to is null)
        {
            await transaction.QueryAsync(Range, question.Bind, row =>
            {
                from ??= Timestamps.ReadOptionalInstant(row, 0);
                to ??= Timestamps.ReadOptionalInstant(row, 1)?.Hour.End;
            });
        }

        TDigest[] all = [.. compacted, .. digests];
        // Each value passes through one compaction at the most, however long the range is.
        TDigest? merged = all.Length < 2 ? all.FirstOrDefault() : TDigest.Merge(all, all.Max(digest => digest.Compression));
        return new QuantileAnswer(
            q, merged?.Quantile(q, MicrosAMillisecond), merged?.RankErrorBound(q), merged?.Count ?? 0, from, to, [.. labels]);
    }

    /// <summary>One digest in its final form: a merged one else holds on to all that it was merged from.</summary>
    private static TDigest Compact(List<TDigest> digests)
    {
        TDigest merged = TDigest.Merge([.. digests], CompactCompression);
        return TDigest.TryFromCentroids(merged.ToCentroids(), out TDigest compact)
            ? compact
            : throw new InvalidOperationException("A digest's own centroids contradict each other.");
    }
}
