using StreamAgg.Pipeline.Log;

namespace StreamAgg.Pipeline.Store;

/// <summary>Removes what is too old to be changed by any event that would still be accepted. Published rows stay.</summary>
public interface IStateRetention
{
    /// <summary>One small step.</summary>
    /// <param name="partitions">Every partition that the topics' metadata name: nothing is older than the smallest watermark over them says.</param>
    /// <param name="keep">Days that ended longer than this before the smallest watermark are removed.</param>
    /// <param name="limit">At most so many rows of a table.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>How many rows were removed; <paramref name="limit"/> or more where there may be others.</returns>
    /// <exception cref="StoreUnavailableException">Nothing was removed.</exception>
    Task<int> RemoveAsync(IReadOnlyCollection<SourcePartition> partitions, TimeSpan keep, int limit, CancellationToken cancellation);
}
