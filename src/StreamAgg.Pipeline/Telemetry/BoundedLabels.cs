using System.Collections.Concurrent;
using StreamAgg.Core.Rollups;

namespace StreamAgg.Pipeline.Telemetry;

/// <summary>The first so many labels as they are, all later ones as one: attributes must not grow without bound. Safe from any thread.</summary>
internal sealed class BoundedLabels(int limit)
{
    private readonly ConcurrentDictionary<string, string> known = new(StringComparer.Ordinal);

    public string Bound(string label)
    {
        if (known.TryGetValue(label, out string? same))
            return same;
        // Racing threads may pass the limit by a few; the bound is a guard, not a quota.
        return known.Count >= limit ? Rollup.Other : known.GetOrAdd(label, label);
    }
}
