namespace StreamAgg.Pipeline.Store;

/// <summary>What names a published row and all that goes into it. Ordered by rollup, bucket and label.</summary>
/// <typeparam name="TBucket"><see cref="Core.Time.Hour"/> or <see cref="Core.Time.Day"/>.</typeparam>
/// <param name="Bucket">In UTC.</param>
/// <param name="Label">Its values of the rollup's dimensions, see <see cref="Core.Rollups.Rollup.Join"/>.</param>
/// <param name="Rollup">Its name.</param>
public readonly record struct BucketKey<TBucket>(TBucket Bucket, string Label, string Rollup = Core.Rollups.Rollup.Platform)
    : IComparable<BucketKey<TBucket>>
    where TBucket : IComparable<TBucket>
{
    public int CompareTo(BucketKey<TBucket> other)
    {
        int byRollup = string.CompareOrdinal(Rollup, other.Rollup), byBucket = Bucket.CompareTo(other.Bucket);
        return byRollup != 0 ? byRollup : byBucket != 0 ? byBucket : string.CompareOrdinal(Label, other.Label);
    }
}
