namespace StreamAgg.Pipeline.Store;

/// <summary>What names a published row and all that goes into it. Ordered by bucket, then label.</summary>
/// <typeparam name="TBucket"><see cref="Core.Time.Hour"/> or <see cref="Core.Time.Day"/>.</typeparam>
/// <param name="Bucket">In UTC.</param>
/// <param name="Platform">0 to 50 Unicode code points.</param>
public readonly record struct BucketKey<TBucket>(TBucket Bucket, string Platform) : IComparable<BucketKey<TBucket>>
    where TBucket : IComparable<TBucket>
{
    public int CompareTo(BucketKey<TBucket> other)
    {
        int byBucket = Bucket.CompareTo(other.Bucket);
        return byBucket != 0 ? byBucket : string.CompareOrdinal(Platform, other.Platform);
    }
}
