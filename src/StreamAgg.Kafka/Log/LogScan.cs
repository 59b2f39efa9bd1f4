using Confluent.Kafka;
using Microsoft.Extensions.Logging;
using StreamAgg.Kafka.Logging;
using StreamAgg.Kafka.Metadata;
using StreamAgg.Kafka.Native;
using StreamAgg.Kafka.Options;
using StreamAgg.Pipeline.Log;

namespace StreamAgg.Kafka.Log;

/// <summary>Given a record; it is valid during the call.</summary>
public delegate void RecordReader(in LogRecord record);

/// <summary>Reads partitions from offset to offset outside any group: nobody's offsets move. One call at a time.</summary>
public sealed class LogScan : IDisposable
{
    private const int BatchSize = 2000;

    private readonly ConsumerClient client;
    private readonly NativeConsumer native;

    private readonly TimeProvider clock;

    /// <param name="options">Valid ones.</param>
    /// <param name="topics">That will be read.</param>
    /// <param name="logger">Takes the client's own lines.</param>
    /// <param name="clock">Of the brokers' silence.</param>
    /// <exception cref="LogFatalException">The client refuses its settings.</exception>
    public LogScan(KafkaOptions options, IEnumerable<string> topics, ILogger<LogScan> logger, TimeProvider clock)
    {
        this.clock = clock;
        Dictionary<string, string> settings = ClientSettings.Reader(options);
        // Read as the members read: what an aborted transaction left counts for neither.
        if (options.Client.TryGetValue("isolation.level", out string? isolation))
            settings["isolation.level"] = isolation;
        client = new ConsumerClient(settings, new ClientLines(logger));
        native = new NativeConsumer(client, [.. topics], BatchSize);
    }

    /// <summary>Waits until all is read.</summary>
    /// <param name="ranges">From the first offset up to, not including, the second; an offset that holds no record (a transaction's marker) is
    /// passed.</param>
    /// <param name="onRecord">Takes the records of a partition in their order.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="LogUnavailableException">The brokers fell silent.</exception>
    /// <exception cref="LogFatalException">A partition may not be read, or an offset is gone.</exception>
    public void Read(IReadOnlyDictionary<SourcePartition, (long From, long To)> ranges, RecordReader onRecord, CancellationToken cancellation) =>
        Read(ranges, onRecord, isFirstEnough: false, cancellation);

    /// <summary>
    /// As <see cref="Read(IReadOnlyDictionary{SourcePartition, ValueTuple{long, long}}, RecordReader, CancellationToken)"/>, of each partition
    /// the first record alone.
    /// </summary>
    public void ReadFirst(IReadOnlyDictionary<SourcePartition, (long From, long To)> ranges, RecordReader onRecord, CancellationToken cancellation) =>
        Read(ranges, onRecord, isFirstEnough: true, cancellation);

    private void Read(
        IReadOnlyDictionary<SourcePartition, (long From, long To)> ranges, RecordReader onRecord, bool isFirstEnough, CancellationToken cancellation)
    {
        var reading = new Dictionary<(nint Topic, int Partition), Progress>();
        var open = ranges.Where(range => range.Value.From < range.Value.To)
            .ToDictionary(range => range.Key, range => new Progress(range.Key, range.Value.From, range.Value.To, isFirstEnough));
        int left = open.Count;
        if (left == 0)
            return;
        if (client.Assign([.. open.Values.Select(progress => (progress.Source, progress.Next))]) is var code and not ErrorCode.NoError)
            throw new LogFatalException($"The Kafka client does not read {open.Count} partitions: {code.GetReason()}.");
        long heardAt = clock.GetTimestamp();
        while (left > 0)
        {
            cancellation.ThrowIfCancellationRequested();
            ReadOnlySpan<nint> messages = native.Consume(TimeSpan.FromMilliseconds(200));
            if (messages.IsEmpty)
            {
                if (clock.GetElapsedTime(heardAt) > ReaderClient.SilenceTimeout)
                    throw ReaderClient.Silent(open.Values.First(progress => !progress.IsDone).Source);
                continue;
            }
            heardAt = clock.GetTimestamp();
            try
            {
                left -= Take(messages, reading, open, onRecord);
            }
            finally
            {
                native.Return(messages);
            }
        }
    }

    public void Dispose()
    {
        native.Dispose();
        client.Dispose();
    }

    /// <returns>How many partitions were read to their end by it.</returns>
    private unsafe int Take(
        ReadOnlySpan<nint> messages, Dictionary<(nint, int), Progress> reading, Dictionary<SourcePartition, Progress> open, RecordReader onRecord)
    {
        int ended = 0;
        foreach (nint pointer in messages)
        {
            var message = (NativeMessage*)pointer;
            if (!reading.TryGetValue((message->Topic, message->Partition), out Progress? progress))
            {
                if (native.TopicOf(message->Topic) is not { } topic
                    || !open.TryGetValue(new SourcePartition(topic, message->Partition), out progress))
                {
                    if (RefusedRight.IsOne((ErrorCode)message->Error))
                        throw RefusedRight.Of("READ", "the input topics", TextOf(message));
                    continue;
                }
                reading.Add((message->Topic, message->Partition), progress);
            }
            if (progress.IsDone)
                continue;
            if (message->Error == 0)
                Deliver(message, progress, onRecord);
            else
                Meet(message, progress);
            if (!progress.IsDone)
                continue;
            ended++;
            _ = client.Unassign(progress.Source);
        }
        return ended;
    }

    private static unsafe void Deliver(NativeMessage* message, Progress progress, RecordReader onRecord)
    {
        if (message->Offset < progress.Next)
            return;
        progress.Next = message->Offset;
        if (progress.IsDone)
            return;
        int type;
        long timestamp = NativeMethods.MessageTimestamp(message, &type);
        onRecord(new LogRecord
        {
            Source = progress.Source,
            Offset = message->Offset,
            TimestampMilliseconds = timestamp < 0 ? null : timestamp,
            Value = new ReadOnlySpan<byte>(message->Payload, (int)message->Length),
            IsTombstone = message->Payload == null,
        });
        progress.Delivered();
    }

    private static unsafe void Meet(NativeMessage* message, Progress progress)
    {
        var code = (ErrorCode)message->Error;
        if (code == ErrorCode.Local_PartitionEOF)
            progress.Next = Math.Max(progress.Next, message->Offset);
        else if (RefusedRight.IsOne(code))
            throw RefusedRight.Of("READ", $"topic {progress.Source.Topic}", TextOf(message));
        else if (code is ErrorCode.Local_AutoOffsetReset or ErrorCode.OffsetOutOfRange)
            throw new LogFatalException(
                $"Offset {progress.Next} of {progress.Source} is no longer in the log: retention has overtaken the reading. Run it again.");
    }

    private static unsafe string TextOf(NativeMessage* message) =>
        message->Payload == null
            ? ((ErrorCode)message->Error).GetReason()
            : System.Text.Encoding.UTF8.GetString(message->Payload, (int)message->Length);

    private sealed class Progress(SourcePartition source, long from, long to, bool isFirstEnough)
    {
        public SourcePartition Source { get; } = source;

        /// <summary>Every record before it was handed on.</summary>
        public long Next { get; set; } = from;

        public bool IsDone => Next >= to;

        public void Delivered() => Next = isFirstEnough ? to : Next + 1;
    }
}
