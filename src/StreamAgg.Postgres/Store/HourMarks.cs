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
        INSERT INTO streamagg.dirty_hour (pipeline, bucket_start, platform, mark)
        SELECT @pipeline, v.bucket_start, v.platform, nextval('streamagg.mark_seq')
        FROM unnest(@hours, @platforms) AS v(bucket_start, platform)
        ORDER BY v.bucket_start, v.platform COLLATE "C"
        ON CONFLICT (pipeline, bucket_start, platform) DO UPDATE SET mark = EXCLUDED.mark
        """;

    /// <summary>As <c>COLLATE "C"</c> has it.</summary>
    private static readonly Comparer<byte[]> ByteOrder = Comparer<byte[]>.Create(static (a, b) => a.AsSpan().SequenceCompareTo(b));

    public static async Task WriteAsync(StoreTransaction transaction, string pipeline, IEnumerable<BucketKey<Hour>> changed)
    {
        // In the order of the table's key over all statements, as within one.
        foreach (BucketKey<Hour>[] chunk in changed.OrderBy(key => key.Bucket).ThenBy(key => Encoding.UTF8.GetBytes(key.Platform), ByteOrder)
            .Chunk(MarksAStatement))
            await transaction.ExecuteAsync(Mark, p => p
                .With("pipeline", pipeline)
                .With("hours", Array.ConvertAll(chunk, key => Timestamps.ToColumn(key.Bucket)))
                .With("platforms", Array.ConvertAll(chunk, key => key.Platform)));
    }
}
