using System.Diagnostics;
using StreamAgg.Pipeline.Store;

namespace StreamAgg.Pipeline.Publishing;

/// <summary>Publishes what is closed and dirty, batch after batch, until nothing more is there.</summary>
public static class PublishPass
{
    /// <summary>Keys a batch: about 1 MB of centroids, and locks that are held for tens of milliseconds.</summary>
    public const int BatchSize = 250;

    /// <param name="read">Given the most keys, tells what is due.</param>
    /// <param name="write">Writes the rows made of it.</param>
    /// <param name="compression">Of merged digests.</param>
    /// <param name="begin">Begins a batch's span; null where none is wanted.</param>
    /// <returns>How many rows were written.</returns>
    public static async Task<int> RunAsync<TBucket>(
        Func<int, Task<DirtySnapshot<TBucket>>> read, Func<IReadOnlyList<Publication<TBucket>>, Task<PublishResult>> write, int compression,
        Func<Activity?>? begin = null)
        where TBucket : IComparable<TBucket>
    {
        int written = 0;
        BucketKey<TBucket>? first = null;
        while (true)
        {
            using Activity? span = begin?.Invoke();
            DirtySnapshot<TBucket> snapshot = await read(BatchSize);
            if (snapshot.Buckets.Count == 0)
                return written;
            Publication<TBucket>[] rows = [.. snapshot.Buckets.Select(bucket => RowMerge.Of(bucket, compression))];
            PublishResult result = await write(rows);
            span?.SetTag("streamagg.rows", rows.Length);
            written += result.RowsWritten;
            // The same first key again: its mark is held or renewed by a checkpoint, the next pass comes soon enough.
            if (!snapshot.HasMore || rows[0].Key == first)
                return written;
            first = rows[0].Key;
        }
    }
}
