using System.Text;
using Confluent.Kafka;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using StreamAgg.Core.Events;
using StreamAgg.Core.Time;
using StreamAgg.Kafka.DeadLetters;
using StreamAgg.Kafka.Metadata;
using StreamAgg.Kafka.Options;
using StreamAgg.Kafka.Tests.Log;
using StreamAgg.Pipeline.Log;
using StreamAgg.Testing.Kafka;

namespace StreamAgg.Kafka.Tests.DeadLetters;

public sealed class DeadLetterTests
{
    private static readonly Instant RefusedAt = Instant.FromUnixMilliseconds(1_769_817_600_123);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_letter_bears_the_events_own_bytes_and_where_they_came_from()
    {
        (_, KafkaOptions options) = await NewTopicAsync();
        using (KafkaDeadLetterSink sink = NewSink(options))
        {
            Send(sink, options.ErrorTopic, 3, 42, """[{"a":1},{"status_code":"x"}]""", new Refusal(1, "bad_field:status_code", "is text — ü", 9, 19), key: "k");
            await sink.FlushAsync(Cancellation);
            Assert.Equal(0, sink.PendingBytes);
        }

        DeadLetter letter = Assert.Single(await ReadAsync(options));
        Assert.Equal((options.ErrorTopic, 3, 42L, 1), (letter.Topic, letter.Partition, letter.Offset, letter.EventIndex));
        Assert.Equal(("bad_field:status_code", "is text — ü", "error"), (letter.Reason, letter.Detail, letter.Kind));
        Assert.Equal("2026-01-31T00:00:00.123Z", letter.Time);
        Assert.Equal(1_700_000_000_000, letter.RecordTimestampMilliseconds);
        Assert.Equal("""{"status_code":"x"}""", Encoding.UTF8.GetString(letter.Value));
        Assert.Equal("k", Encoding.UTF8.GetString(letter.Key!));
        Assert.Null(letter.LengthBeforeCut);
    }

    [Fact]
    public async Task A_refused_record_is_kept_whole_and_a_missing_key_stays_missing()
    {
        (_, KafkaOptions options) = await NewTopicAsync();
        using KafkaDeadLetterSink sink = NewSink(options);
        Send(sink, options.UsageTopic, 0, 7, "{not json", new Refusal(Refusal.WholeRecord, RefusalReason.MalformedJson, "", 4, 1));
        await sink.FlushAsync(Cancellation);
        DeadLetter letter = Assert.Single(await ReadAsync(options));
        Assert.Null(letter.EventIndex);
        Assert.Null(letter.Key);
        Assert.Equal("usage", letter.Kind);
        Assert.Equal("{not json", Encoding.UTF8.GetString(letter.Value));
    }

    [Fact]
    public async Task A_tombstones_letter_is_one_too_and_an_empty_values_is_empty()
    {
        (TestKafka kafka, KafkaOptions options) = await NewTopicAsync();
        using KafkaDeadLetterSink sink = NewSink(options);
        foreach (bool isTombstone in (bool[])[true, false])
        {
            var record = new LogRecord { Source = new SourcePartition(options.UsageTopic, 0), Offset = isTombstone ? 1 : 2, IsTombstone = isTombstone };
            sink.Send(in record, [new Refusal(Refusal.WholeRecord, RefusalReason.MalformedJson, "", 0, 0)], RefusedAt);
        }

        await sink.FlushAsync(Cancellation);
        Assert.Equal(2, (await ReadAsync(options)).Count(letter => letter.Value.Length == 0));
        using IConsumer<byte[]?, byte[]?> consumer = new ConsumerBuilder<byte[]?, byte[]?>(
            new ConsumerConfig { BootstrapServers = kafka.BootstrapServers, GroupId = options.DeadLetterTopic, AutoOffsetReset = AutoOffsetReset.Earliest })
            .SetKeyDeserializer(Deserializers.ByteArray!).SetValueDeserializer(Deserializers.ByteArray!).Build();
        consumer.Assign([new TopicPartitionOffset(options.DeadLetterTopic, 0, Offset.Beginning), new TopicPartitionOffset(options.DeadLetterTopic, 1, Offset.Beginning)]);
        Message<byte[]?, byte[]?>[] letters = [consumer.Consume(Cancellation).Message, consumer.Consume(Cancellation).Message];
        Assert.Equal([true, false], letters.OrderBy(OffsetOf).Select(letter => letter.Value is null));
    }

    private static string OffsetOf(Message<byte[]?, byte[]?> letter) => Encoding.UTF8.GetString(letter.Headers.GetLastBytes(DeadLetterHeaders.Offset));

    [Fact]
    public async Task Letters_written_twice_are_listed_once_filtered_and_limited()
    {
        (TestKafka kafka, KafkaOptions options) = await NewTopicAsync();
        using KafkaDeadLetterSink sink = NewSink(options);
        for (int round = 0; round < 2; round++)
        {
            for (int i = 0; i < 500; i++)
                Send(sink, options.UsageTopic, 0, i / 2, "[{},{}]", new Refusal(i % 2, i % 5 == 0 ? "too_old" : "in_future", "", 1, 2));
        }

        await sink.FlushAsync(Cancellation);
        using (IProducer<byte[], byte[]> stranger = kafka.Producer())
        {
            await stranger.ProduceAsync(options.DeadLetterTopic, new Message<byte[], byte[]> { Value = [1] }, Cancellation);
        }

        Assert.Equal(500, (await ReadAsync(options)).Count);
        Assert.Equal(100, (await ReadAsync(options, reason: "too_old")).Count);
        Assert.Equal(7, (await ReadAsync(options, limit: 7)).Count);
        using var metadata = new KafkaMetadata(options);
        IReadOnlyList<DeadLetter> found = await NewReader(options, metadata).FindAsync(options.UsageTopic, 0, 10, Cancellation);
        Assert.Equal([0, 1], found.Select(letter => letter.EventIndex));
    }

    [Fact]
    public async Task A_topic_that_is_missing_or_empty_holds_no_letters()
    {
        (_, KafkaOptions options) = await NewTopicAsync();
        Assert.Empty(await ReadAsync(options));
        options = options with { DeadLetterTopic = TestKafka.NewName("never-made") };
        Assert.Empty(await ReadAsync(options));
    }

    [Fact]
    public async Task A_letter_as_large_as_a_record_may_be_is_stored_whole_or_cut_with_its_length_told()
    {
        (TestKafka kafka, KafkaOptions options) = await NewTopicAsync(("max.message.bytes", "100000"));
        string large = new('x', 1_048_000);
        using (KafkaDeadLetterSink sink = NewSink(options))
        {
            Send(sink, options.UsageTopic, 0, 1, large, new Refusal(Refusal.WholeRecord, RefusalReason.MalformedJson, "", 0, 0));
            Send(sink, options.UsageTopic, 0, 2, "small", new Refusal(Refusal.WholeRecord, RefusalReason.MalformedJson, "", 0, 0));
            await sink.FlushAsync(Cancellation);
        }

        List<DeadLetter> letters = await ReadAsync(options);
        DeadLetter cut = letters.Single(letter => letter.Offset == 1);
        if (kafka.Supports(KafkaFeature.Administration))
        {
            Assert.Equal(large.Length, cut.LengthBeforeCut);
            Assert.InRange(cut.Value.Length, 40_000, 100_000);
        }
        else
        {
            Assert.Equal(large.Length, cut.Value.Length);
        }

        Assert.Equal("small", Encoding.UTF8.GetString(letters.Single(letter => letter.Offset == 2).Value));
    }

    [Fact]
    public async Task Of_a_key_1_kB_is_kept_and_its_length_told()
    {
        (_, KafkaOptions options) = await NewTopicAsync();
        string key = new('k', 400_000);
        using (KafkaDeadLetterSink sink = NewSink(options))
        {
            Send(sink, options.UsageTopic, 0, 1, "short", new Refusal(Refusal.WholeRecord, RefusalReason.MalformedJson, "", 0, 0), key);
            Send(sink, options.UsageTopic, 0, 2, "short", new Refusal(Refusal.WholeRecord, RefusalReason.MalformedJson, "", 0, 0), key[..1024]);
            await sink.FlushAsync(Cancellation);
        }

        Assert.Equal(
            [(1, 1024, 400_000), (2, 1024, null)],
            (await ReadAsync(options)).OrderBy(letter => letter.Offset).Select(letter => ((int)letter.Offset, letter.Key!.Length, letter.KeyLengthBeforeCut)));
    }

    [Fact]
    public async Task A_letter_for_many_events_holds_the_record_and_their_number()
    {
        (_, KafkaOptions options) = await NewTopicAsync();
        using KafkaDeadLetterSink sink = NewSink(options);
        Send(sink, options.UsageTopic, 0, 1, "[0,0,0]", new Refusal(2, RefusalReason.NotAnObject, "", 0, 7, Events: 524_000));
        await sink.FlushAsync(Cancellation);
        DeadLetter letter = Assert.Single(await ReadAsync(options));
        Assert.Equal((2, 524_000L, "[0,0,0]"), (letter.EventIndex, letter.Events, Encoding.UTF8.GetString(letter.Value)));
    }

    [Theory]
    [InlineData(100, 20_000, 1)]
    [InlineData(1, 20_000, 10)]
    [InlineData(100, 0, 10_000)]
    public void What_is_pending_counts_all_that_it_takes(int letters, int keyBytes, int eventBytes)
    {
        var options = new KafkaOptions { BootstrapServers = "127.0.0.1:1" };
        using KafkaDeadLetterSink sink = NewSink(options);
        byte[] key = new byte[keyBytes], value = new byte[eventBytes * letters];
        Refusal[] refusals = [.. Enumerable.Range(0, letters).Select(i => new Refusal(i, "not_an_object", new string('d', 100), i * eventBytes, eventBytes))];
        long before = GC.GetTotalMemory(forceFullCollection: true);
        while (sink.PendingBytes < 16 << 20)
        {
            var record = new LogRecord { Source = new SourcePartition("gateway.usage", 0), Offset = 0, HasKey = true, Key = key, Value = value };
            sink.Send(in record, refusals, RefusedAt);
        }

        // The client's copies, which no collector sees, come on top: half of what is counted, and all of it where values are small.
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, 1 << 20, sink.PendingBytes);
    }

    [Fact]
    public async Task Whatever_goes_wrong_with_a_letter_ends_the_flush_that_waits_for_it()
    {
        using var sink = new KafkaDeadLetterSink(new KafkaOptions { BootstrapServers = "127.0.0.1:1" }, new BrokenLog());
        Send(sink, "gateway.usage", 0, 0, new string('x', 17_000_000), new Refusal(Refusal.WholeRecord, "r", "", 0, 0));
        await Assert.ThrowsAsync<InvalidTimeZoneException>(() => sink.FlushAsync(Cancellation).WaitAsync(TimeSpan.FromSeconds(60), Cancellation));
    }

    [Fact]
    public async Task A_flush_under_way_ends_with_its_sink()
    {
        KafkaDeadLetterSink sink = NewSink(new KafkaOptions { BootstrapServers = "127.0.0.1:1" });
        Send(sink, "gateway.usage", 0, 0, "a", new Refusal(Refusal.WholeRecord, "r", "", 0, 0));
        Task flush = sink.FlushAsync(Cancellation);
        sink.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => flush.WaitAsync(TimeSpan.FromSeconds(60), Cancellation));
    }

    [Fact]
    public async Task A_flush_waits_out_an_outage_and_loses_no_letter()
    {
        Assert.SkipUnless(KafkaCluster.Home is not null, "a broker is killed: name an Apache Kafka by KAFKA_HOME");
        await using KafkaCluster cluster = await KafkaCluster.StartAsync();
        var options = new KafkaOptions { BootstrapServers = cluster.BootstrapServers, DeadLetterTopic = "dead" };
        await cluster.CreateTopicAsync("dead", 1, new Dictionary<string, string>());
        var logs = new TestOutputLogs();
        using ILoggerFactory loggers = LoggerFactory.Create(builder => builder.SetMinimumLevel(LogLevel.Debug).AddProvider(logs));
        using var sink = new KafkaDeadLetterSink(options, loggers.CreateLogger<KafkaDeadLetterSink>());
        Send(sink, "gateway.usage", 0, 0, "a", new Refusal(Refusal.WholeRecord, "r", "", 0, 0));
        await sink.FlushAsync(Cancellation);
        cluster.Kill();
        for (int i = 1; i <= 100; i++)
            Send(sink, "gateway.usage", 0, i, "a", new Refusal(Refusal.WholeRecord, "r", "", 0, 0));

        Task flush = sink.FlushAsync(Cancellation);
        await logs.HaveSaidAsync("Connection refused");
        Assert.False(flush.IsCompleted);
        Assert.True(sink.PendingBytes > 0);
        await cluster.RestartAsync();
        await flush.WaitAsync(LogMember.Deadline, Cancellation);
        Assert.Equal(101, (await ReadAsync(options)).Count);
    }

    [Fact]
    public async Task A_missing_topic_ends_the_flush_with_the_command_that_creates_it()
    {
        (TestKafka kafka, KafkaOptions options) = await NewTopicAsync();
        Assert.SkipUnless(kafka.Supports(KafkaFeature.Administration), kafka.Lacks(KafkaFeature.Administration));
        options = options with { DeadLetterTopic = TestKafka.NewName("never-made") };
        options.Client["topic.metadata.propagation.max.ms"] = "1000";
        using KafkaDeadLetterSink sink = NewSink(options);
        Send(sink, "gateway.usage", 0, 0, "a", new Refusal(Refusal.WholeRecord, "r", "", 0, 0));
        LogFatalException fatal = await Assert.ThrowsAsync<LogFatalException>(() => sink.FlushAsync(Cancellation).WaitAsync(LogMember.Deadline, Cancellation));
        Assert.Contains($"kafka-topics.sh --bootstrap-server {options.BootstrapServers} --create --topic {options.DeadLetterTopic}", fatal.Message, StringComparison.Ordinal);
    }

    /// <summary>Fails in a way that nobody has foreseen, where a letter is told of that was cut.</summary>
    private sealed class BrokenLog : ILogger<KafkaDeadLetterSink>
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (eventId.Name == nameof(Kafka.Logging.KafkaLogMessages.DeadLetterCut))
                throw new InvalidTimeZoneException();
        }
    }

    private static async Task<(TestKafka Kafka, KafkaOptions Options)> NewTopicAsync(params (string Name, string Value)[] settings)
    {
        TestKafka kafka = await TestKafka.SharedAsync();
        string topic = await kafka.NewTopicAsync("dead", 2, settings);
        return (kafka, new KafkaOptions { BootstrapServers = kafka.BootstrapServers, DeadLetterTopic = topic });
    }

    private static KafkaDeadLetterSink NewSink(KafkaOptions options) => new(options, NullLogger<KafkaDeadLetterSink>.Instance);

    private static DeadLetterReader NewReader(KafkaOptions options, KafkaMetadata metadata) => new(options, metadata, NullLogger<DeadLetterReader>.Instance);

    private static void Send(KafkaDeadLetterSink sink, string topic, int partition, long offset, string value, Refusal refusal, string? key = null)
    {
        var record = new LogRecord
        {
            Source = new SourcePartition(topic, partition),
            Offset = offset,
            TimestampMilliseconds = 1_700_000_000_000,
            HasKey = key is not null,
            Key = Encoding.UTF8.GetBytes(key ?? ""),
            Value = Encoding.UTF8.GetBytes(value),
        };
        sink.Send(in record, [refusal], RefusedAt);
    }

    private static async Task<List<DeadLetter>> ReadAsync(KafkaOptions options, string? reason = null, int? limit = null)
    {
        using var metadata = new KafkaMetadata(options);
        var letters = new List<DeadLetter>();
        await foreach (DeadLetter letter in NewReader(options, metadata).ReadAsync(reason, limit, Cancellation))
        {
            letters.Add(letter);
        }

        return letters;
    }
}
