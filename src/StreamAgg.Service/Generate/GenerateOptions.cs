using StreamAgg.Core.Events;
using StreamAgg.Core.Time;

namespace StreamAgg.Service.Generate;

/// <summary>What is sent, how fast, and when it ends.</summary>
/// <param name="EventsPerSecond">Of event time; null: 100 of generated events, as fast as it goes of a file's.</param>
/// <param name="Start">When generated events begin, not in the future; null: now.</param>
/// <param name="Speed">Event time per wall time until the present is reached; above 0.</param>
/// <param name="Count">At most so many events; null: no bound.</param>
/// <param name="Duration">At most so long; null: no bound.</param>
/// <param name="File">Lines to send; null: events are generated.</param>
/// <param name="Kind">Where everything goes; null: successes and failures to a topic each, of a file's lines the fields tell.</param>
internal sealed record GenerateOptions(
    double? EventsPerSecond, Instant? Start, double Speed, long? Count, TimeSpan? Duration, string? File, EventKind? Kind, ulong Seed);
