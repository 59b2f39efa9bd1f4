using System.Text;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Store;
using StreamAgg.Postgres.Columns;
using StreamAgg.Postgres.Connections;

namespace StreamAgg.Postgres.Store;

/// <summary>Marks hours whose contents have changed: the last thing that a transaction does to them, for everybody takes these locks.</summary>
internal static class HourMarks
{
    /// <summary>The time-out is a statement's: what grows with the gateways' labels comes in several.</summary>
    private const int MarksAStatement = 4096;

    // DO UPDATE, never DO NOTHING: the row's lock is what keeps a publisher from clearing a mark that is about to mean more.
    private const string Mark =
        """
        INSERT INTO streamagg.dirty_hour (pipeline, rollup, bucket_start, label, mark)
        SELECT @pipeline, v.rollup, v.bucket_start, v.label, nextval('streamagg.mark_seq')
        FROM unnest(@rollups, @hours, @labels) AS v(rollup, bucket_start, label)
        ORDER BY v.rollup COLLATE "C", v.bucket_start, v.label COLLATE "C"
        ON CONFLICT (pipeline, rollup, bucket_start, label) DO UPDATE SET mark = EXCLUDED.mark
        """;

    /// <summary>As <c>COLLATE "C"</c> has it.</summary>
    private static readonly Comparer<byte[]> ByteOrder = Comparer<byte[]>.Create(static (a, b) => a.AsSpan().SequenceCompareTo(b));

    public static async Task WriteAsync(StoreTransaction transaction, string pipeline, IEnumerable<BucketKey<Hour>> changed)
    {
        // In the order of the table's key over all statements, as within one.
        foreach (BucketKey<Hour>[] chunk in changed
            .OrderBy(key => key.Rollup, StringComparer.Ordinal).ThenBy(key => key.Bucket).ThenBy(key => Encoding.UTF8.GetBytes(key.Label), ByteOrder)
            .Chunk(MarksAStatement))
            await transaction.ExecuteAsync(Mark, p => p.With("pipeline", pipeline).With(chunk));
    }
}
