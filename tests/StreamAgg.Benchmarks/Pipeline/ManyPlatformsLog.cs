using System.Text;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Log;

namespace StreamAgg.Benchmarks.Pipeline;

/// <summary>A log that makes its records when they are read: four hours of many platforms at once, as much of it as fills every digest.</summary>
/// <remarks>In order, all but an hour or two would be at rest. So every event is of any of the four hours, the last of which has just begun: none is old enough to be folded.</remarks>
internal sealed class ManyPlatformsLog(int platforms, int records) : IEventLog, ILogMetadata
{
    public const string Topic = "bench.usage";
    public const int Partitions = 24;
    public const int Hours = 4;
    public const int EventsARecord = 50;

    private const int RecordsAPoll = 200;

    private static readonly long Start0 = Instant.FromUtc(new DateTime(2026, 1, 5, 10, 0, 0, DateTimeKind.Utc)).ToUnixMilliseconds();

    private readonly SourcePartition[] sources = [.. Enumerable.Range(0, Partitions).Select(static partition => new SourcePartition(Topic, partition))];
    private readonly Dictionary<SourcePartition, long> positions = [];
    private readonly Random random = new(7);
    private readonly StringBuilder text = new();
    private byte[] value = new byte[16 << 10];
    private bool isAssigned;
    private bool isPaused;

    public void Subscribe()
    {
    }

    public void Poll(TimeSpan timeout, ILogHandler handler)
    {
        if (!isAssigned)
            handler.OnAssigned(sources);
        isAssigned = true;
        int delivered = 0;
        foreach (SourcePartition source in isPaused ? [] : sources)
        {
            for (int i = 0; i < RecordsAPoll / Partitions && positions.TryGetValue(source, out long next) && next < records; i++, delivered++)
            {
                positions[source] = next + 1;
                int length = Make();
                handler.OnRecord(new LogRecord { Source = source, Offset = next, TimestampMilliseconds = Start0 + ((Hours - 1) * 3_600_000L), Value = value.AsSpan(0, length) });
            }
        }

        if (delivered == 0)
            Thread.Sleep(timeout);
    }

    public void Start(SourcePartition source, long nextOffset, int? leaderEpoch) => positions[source] = nextOffset;

    public void Stop(SourcePartition source) => positions.Remove(source);

    public void Pause() => isPaused = true;

    public void Resume() => isPaused = false;

    public void CommitOffsets(IReadOnlyCollection<KeyValuePair<SourcePartition, long>> nextOffsets)
    {
    }

    public void Close(ILogHandler handler) => handler.OnRevoked(sources);

    public void Dispose()
    {
    }

    public Task<IReadOnlyDictionary<string, TopicDetails>> DescribeAsync(IReadOnlyCollection<string> topics, CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyDictionary<string, TopicDetails>>(topics.ToDictionary(static topic => topic, static _ => new TopicDetails("id", Partitions)));

    public Task<IReadOnlyDictionary<SourcePartition, long>> EndOffsetsAsync(IReadOnlyCollection<SourcePartition> partitions, CancellationToken cancellation) =>
        // One more than there will ever be: an end that is reached would close the hours by the clock, and they are long over.
        All(partitions, records + 1);

    public Task<IReadOnlyDictionary<SourcePartition, long>> BeginningOffsetsAsync(IReadOnlyCollection<SourcePartition> partitions, CancellationToken cancellation) =>
        All(partitions, 0);

    public Task<IReadOnlyDictionary<SourcePartition, long>> OffsetsForTimeAsync(
        IReadOnlyCollection<SourcePartition> partitions, Instant time, CancellationToken cancellation) => All(partitions, 0);

    private static Task<IReadOnlyDictionary<SourcePartition, long>> All(IReadOnlyCollection<SourcePartition> partitions, long offset) =>
        Task.FromResult<IReadOnlyDictionary<SourcePartition, long>>(partitions.ToDictionary(static source => source, _ => offset));

    private int Make()
    {
        text.Clear().Append('[');
        for (int i = 0; i < EventsARecord; i++)
        {
            int hour = random.Next(Hours);
            long time = Start0 + (hour * 3_600_000L) + random.Next(hour == Hours - 1 ? 60_000 : 3_600_000);
            text.Append(i == 0 ? "" : ",").Append("{\"created_at\":").Append(time).Append(",\"platform\":\"p").Append(random.Next(platforms))
                .Append("\",\"duration_ms\":").Append(Backlog.Duration(random)).Append("e-3}");
        }

        text.Append(']');
        if (value.Length < text.Length)
            value = new byte[text.Length * 2];
        int length = 0;
        foreach (ReadOnlyMemory<char> chunk in text.GetChunks())
            length += Encoding.ASCII.GetBytes(chunk.Span, value.AsSpan(length));
        return length;
    }
}
