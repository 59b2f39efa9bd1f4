using Npgsql;
using StreamAgg.Core.Digests;
using StreamAgg.Core.Time;
using StreamAgg.Postgres.Columns;
using StreamAgg.Postgres.Connections;

namespace StreamAgg.Postgres.Queries;

/// <summary>The statement of <see cref="AggregateQueries.QuantileAsync"/> and the merge of what it finds.</summary>
internal static class QuantileQuery
{
    /// <summary>Digests held at a time: a year of five platforms (43,800 sketches) would else lie in memory at once.</summary>
    private const int MaxHeldDigests = 1024;

    private const double MicrosAMillisecond = 1000;

    private const string Sketches =
        $"""
        SELECT platform, bucket_start, {SketchColumns.Names} FROM streamagg.hour_sketch
        WHERE pipeline = @pipeline AND (@platforms::text[] IS NULL OR platform = ANY (@platforms))
          AND (@from::timestamptz IS NULL OR bucket_start >= @from) AND (@to::timestamptz IS NULL OR bucket_start < @to)
        ORDER BY bucket_start, platform
        """;

    public static async Task<QuantileAnswer> ReadAsync(
        StoreTransaction transaction, double q, Action<NpgsqlParameterCollection> bind, Instant? from, Instant? to)
    {
        var platforms = new SortedSet<string>(StringComparer.Ordinal);
        var digests = new List<TDigest>();
        Instant? first = null, last = null;
        await transaction.QueryAsync(Sketches, bind, row =>
        {
            platforms.Add(row.GetString(0));
            Hour hour = Timestamps.ReadHour(row, 1);
            first ??= hour.Start;
            last = hour.End;
            if (SketchColumns.Read(row, 2).Centroids is not { } centroids)
                return;
            if (!TDigest.TryFromCentroids(centroids, out TDigest digest))
                throw new InvalidDataException($"The sketch of {hour}, '{row.GetString(0)}' contradicts itself.");
            digests.Add(digest);
            if (digests.Count >= MaxHeldDigests)
                Compact(digests);
        });
        Merge(digests);
        TDigest? merged = digests.Count == 0 ? null : digests[0];
        return new QuantileAnswer(q, merged?.Quantile(q, MicrosAMillisecond), merged?.RankErrorBound(q), merged?.Count ?? 0, from ?? first, to ?? last, [.. platforms]);
    }

    /// <summary>Leaves one digest in its final form: a merged one else holds on to all that it was merged from.</summary>
    private static void Compact(List<TDigest> digests)
    {
        Merge(digests);
        if (!TDigest.TryFromCentroids(digests[0].ToCentroids(), out TDigest compact))
            throw new InvalidOperationException("A digest's own centroids contradict each other.");
        digests[0] = compact;
    }

    /// <summary>Leaves one digest, or none.</summary>
    private static void Merge(List<TDigest> digests)
    {
        if (digests.Count < 2)
            return;
        TDigest merged = TDigest.Merge(digests.ToArray(), digests.Max(digest => digest.Compression));
        digests.Clear();
        digests.Add(merged);
    }
}
