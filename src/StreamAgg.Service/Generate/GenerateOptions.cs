using StreamAgg.Core.Events;

namespace StreamAgg.Service.Generate;

/// <summary>What is sent, how fast, and when it ends.</summary>
/// <param name="EventsPerSecond">Null: 100 of generated events, as fast as it goes of a file's.</param>
/// <param name="Count">At most so many events; null: no bound.</param>
/// <param name="Duration">At most so long; null: no bound.</param>
/// <param name="File">Lines to send; null: events are generated.</param>
/// <param name="Kind">Where all lines go; null: each line's fields tell.</param>
internal sealed record GenerateOptions(double? EventsPerSecond, long? Count, TimeSpan? Duration, string? File, EventKind? Kind, ulong Seed);
