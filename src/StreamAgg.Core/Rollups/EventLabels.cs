namespace StreamAgg.Core.Rollups;

/// <summary>What one event is counted under, in each rollup. Valid as long as what it was decoded from.</summary>
/// <param name="platform">UTF-8, 0 to 200 bytes.</param>
/// <param name="others">The labels in configured rollups, UTF-8, one behind the other.</param>
/// <param name="ends">Where each of these ends.</param>
public readonly ref struct EventLabels(ReadOnlySpan<byte> platform, ReadOnlySpan<byte> others = default, ReadOnlySpan<int> ends = default)
{
    private readonly ReadOnlySpan<byte> platform = platform, others = others;
    private readonly ReadOnlySpan<int> ends = ends;

    /// <param name="rollup">Its place in the list; 0 is that by platform.</param>
    public ReadOnlySpan<byte> this[int rollup] =>
        rollup == 0 ? platform : others[(rollup == 1 ? 0 : ends[rollup - 2])..ends[rollup - 1]];

    /// <summary>Of an event that is counted by its platform alone.</summary>
    public static implicit operator EventLabels(ReadOnlySpan<byte> platform) => new(platform);
}
