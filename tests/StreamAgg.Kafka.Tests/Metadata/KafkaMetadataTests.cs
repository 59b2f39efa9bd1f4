using System.Diagnostics;
using System.Text;
using Confluent.Kafka;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using StreamAgg.Core.Time;
using StreamAgg.Kafka.Metadata;
using StreamAgg.Kafka.Options;
using StreamAgg.Kafka.Tests.Log;
using StreamAgg.Pipeline.Log;
using StreamAgg.Testing.Kafka;

namespace StreamAgg.Kafka.Tests.Metadata;

public sealed class KafkaMetadataTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Topics_are_described_and_missing_ones_left_out()
    {
        TestKafka kafka = await TestKafka.SharedAsync();
        string topic = await kafka.NewTopicAsync("described", 3);
        using KafkaMetadata metadata = NewMetadata(kafka.BootstrapServers);
        IReadOnlyDictionary<string, TopicDetails> known = await AskAgainAsync(() => metadata.DescribeAsync([topic], Cancellation));
        Assert.Equal(3, known[topic].PartitionCount);
        Assert.Equal(22, known[topic].TopicId.TrimEnd('=').Length);
        Assert.Equal(known[topic], (await AskAgainAsync(() => metadata.DescribeAsync([topic], Cancellation)))[topic]);
        if (kafka.Supports(KafkaFeature.Administration))
            Assert.Equal([topic], (await AskAgainAsync(() => metadata.DescribeAsync([topic, TestKafka.NewName("missing")], Cancellation))).Keys);
    }

    [Fact]
    public async Task The_end_of_a_partition_that_its_topic_gained_is_told_soon()
    {
        TestKafka kafka = await TestKafka.SharedAsync();
        Assert.SkipUnless(kafka.Supports(KafkaFeature.Administration), kafka.Lacks(KafkaFeature.Administration));
        string topic = await kafka.NewTopicAsync("grown", 1);
        using KafkaMetadata metadata = NewMetadata(kafka.BootstrapServers);
        Assert.Equal("0", await OffsetsAsync([new(topic, 0)], () => metadata.EndOffsetsAsync([new(topic, 0)], Cancellation)));

        await kafka.AddPartitionsAsync(topic, 2);
        SourcePartition[] sources = [new(topic, 0), new(topic, 1)];
        // Hours wait for the answer, and by itself the client looks at a topic anew after five minutes only.
        long started = Stopwatch.GetTimestamp();
        while ((await AskAgainAsync(() => metadata.EndOffsetsAsync(sources, Cancellation))).Count < 2)
        {
            Assert.InRange(Stopwatch.GetElapsedTime(started).TotalSeconds, 0, 180);
            await Task.Delay(100, Cancellation);
        }
    }

    [Fact]
    public async Task Offsets_are_told_for_the_beginning_the_end_and_a_time()
    {
        TestKafka kafka = await TestKafka.SharedAsync();
        string topic = await kafka.NewTopicAsync("offsets", 2);
        using (IProducer<byte[], byte[]> producer = kafka.Producer())
        {
            for (int i = 0; i < 100; i++)
            {
                producer.Produce(new TopicPartition(topic, 0), new Message<byte[], byte[]>
                {
                    Value = Encoding.UTF8.GetBytes($"{i}"),
                    Timestamp = new Timestamp(1_700_000_000_000 + (i * 1000), TimestampType.CreateTime),
                });
            }

            producer.Flush(Cancellation);
        }

        using KafkaMetadata metadata = NewMetadata(kafka.BootstrapServers);
        SourcePartition[] sources = [new(topic, 0), new(topic, 1)];
        Assert.Equal("100, 0", await OffsetsAsync(sources, () => metadata.EndOffsetsAsync(sources, Cancellation)));
        Assert.Equal("0, 0", await OffsetsAsync(sources, () => metadata.BeginningOffsetsAsync(sources, Cancellation)));
        Assert.SkipUnless(kafka.Supports(KafkaFeature.Administration), kafka.Lacks(KafkaFeature.Administration));
        Assert.Equal("43, 0", await OffsetsAsync(sources, () => metadata.OffsetsForTimeAsync(sources, Instant.FromUnixMilliseconds(1_700_000_042_001), Cancellation)));
        Assert.Equal("0, 0", await OffsetsAsync(sources, () => metadata.OffsetsForTimeAsync(sources, Instant.FromUnixMilliseconds(0), Cancellation)));
        Assert.Equal("100, 0", await OffsetsAsync(sources, () => metadata.OffsetsForTimeAsync(sources, Instant.FromUnixMilliseconds(1_800_000_000_000), Cancellation)));
    }

    [Fact]
    public async Task A_partition_that_does_not_exist_has_no_end()
    {
        TestKafka kafka = await TestKafka.SharedAsync();
        Assert.SkipUnless(kafka.Supports(KafkaFeature.Administration), kafka.Lacks(KafkaFeature.Administration));
        string topic = await kafka.NewTopicAsync("offsets", 1);
        using KafkaMetadata metadata = NewMetadata(kafka.BootstrapServers);
        await AssertUnavailableAsync(() => metadata.EndOffsetsAsync([new(topic, 9)], Cancellation));
    }

    [Fact]
    public async Task A_broker_that_is_away_or_frozen_is_unavailable_in_bounded_time_whatever_it_said_before()
    {
        Assert.SkipUnless(KafkaCluster.Home is not null, "a broker is killed: name an Apache Kafka by KAFKA_HOME");
        await using KafkaCluster cluster = await KafkaCluster.StartAsync();
        await cluster.CreateTopicAsync("t", 1, new Dictionary<string, string>());
        using KafkaMetadata metadata = NewMetadata(cluster.BootstrapServers);
        SourcePartition source = new("t", 0);
        Assert.Equal(0, (await AskAgainAsync(() => metadata.EndOffsetsAsync([source], Cancellation)))[source]);

        cluster.Freeze();
        await AssertUnavailableAsync(() => metadata.EndOffsetsAsync([source], Cancellation));
        cluster.Thaw();
        Assert.Equal(0, (await AskAgainAsync(() => metadata.EndOffsetsAsync([source], Cancellation)))[source]);

        cluster.Kill();
        await AssertUnavailableAsync(() => metadata.EndOffsetsAsync([source], Cancellation));
        await AssertUnavailableAsync(() => metadata.DescribeAsync(["t"], Cancellation));
        await cluster.RestartAsync();
        Assert.Equal(0, (await AskAgainAsync(() => metadata.EndOffsetsAsync([source], Cancellation)))[source]);
    }

    [Fact]
    public async Task Missing_topics_are_created_for_development()
    {
        TestKafka kafka = await TestKafka.SharedAsync();
        Assert.SkipUnless(kafka.Supports(KafkaFeature.Administration), kafka.Lacks(KafkaFeature.Administration));
        var options = new KafkaOptions
        {
            BootstrapServers = kafka.BootstrapServers,
            UsageTopic = TestKafka.NewName("made"),
            ErrorTopic = TestKafka.NewName("made"),
            DeadLetterTopic = TestKafka.NewName("made"),
            CreateTopics = true,
        };
        using var metadata = new KafkaMetadata(options);
        var topics = new KafkaTopics(options, metadata, NullLogger<KafkaTopics>.Instance);
        await topics.EnsureAsync(Cancellation);
        await topics.EnsureAsync(Cancellation);
        Assert.Equal(3, (await AskAgainAsync(() => metadata.DescribeAsync([options.UsageTopic, options.ErrorTopic, options.DeadLetterTopic], Cancellation))).Count);
    }

    [Fact]
    public async Task A_missing_input_topic_is_waited_for_and_then_named_with_the_command_that_creates_it()
    {
        TestKafka kafka = await TestKafka.SharedAsync();
        Assert.SkipUnless(kafka.Supports(KafkaFeature.Administration), kafka.Lacks(KafkaFeature.Administration));
        var options = new KafkaOptions
        {
            BootstrapServers = kafka.BootstrapServers,
            UsageTopic = await kafka.NewTopicAsync("usage", 1),
            ErrorTopic = TestKafka.NewName("late"),
            DeadLetterTopic = TestKafka.NewName("dead"),
        };
        using var metadata = new KafkaMetadata(options);
        var logs = new TestOutputLogs();
        using ILoggerFactory loggers = LoggerFactory.Create(builder => builder.AddProvider(logs));
        Task waiting = new KafkaTopics(options, metadata, loggers.CreateLogger<KafkaTopics>()).EnsureAsync(Cancellation);
        await logs.HaveSaidAsync(options.ErrorTopic);
        Assert.False(waiting.IsCompleted);
        await kafka.CreateTopicAsync(options.ErrorTopic, 1);
        await waiting;

        // By a clock on which nothing is waited for but what the brokers take to answer.
        options = options with { ErrorTopic = TestKafka.NewName("never") };
        var time = new ShiftedTime();
        long started = time.GetTimestamp();
        LogFatalException fatal = await Assert.ThrowsAsync<LogFatalException>(
            () => new KafkaTopics(options, metadata, NullLogger<KafkaTopics>.Instance, time).EnsureAsync(Cancellation));
        Assert.True(time.GetElapsedTime(started) >= KafkaTopics.WaitTimeout);
        Assert.Contains($"--create --topic {options.ErrorTopic}", fatal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(options.UsageTopic, fatal.Message, StringComparison.Ordinal);
    }

    private static async Task AssertUnavailableAsync<T>(Func<Task<T>> question)
    {
        long started = Stopwatch.GetTimestamp();
        await Assert.ThrowsAsync<LogUnavailableException>(question);

        // Four at the most on a machine with nothing else to do; by itself the client would wait for five minutes.
        Assert.InRange(Stopwatch.GetElapsedTime(started).TotalSeconds, 0, 120);
    }

    private static async Task<T> AskAgainAsync<T>(Func<Task<T>> question)
    {
        long started = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                return await question();
            }
            catch (LogUnavailableException e) when (Stopwatch.GetElapsedTime(started).TotalSeconds < 180)
            {
                // The client is still finding its way back.
                TestContext.Current.TestOutputHelper?.WriteLine(e.Message);
            }
        }
    }

    private static KafkaMetadata NewMetadata(string servers) =>
        new(new KafkaOptions { BootstrapServers = servers }, NullLogger<KafkaMetadata>.Instance, TimeSpan.FromSeconds(2));

    /// <summary>All of them, in this order: on a busy machine a question may be unanswered, or answered for some only, and is asked again.</summary>
    private static async Task<string> OffsetsAsync(SourcePartition[] sources, Func<Task<IReadOnlyDictionary<SourcePartition, long>>> question)
    {
        IReadOnlyDictionary<SourcePartition, long> offsets = await AskAgainAsync(question);
        for (int again = 0; offsets.Count < sources.Length && again < 10; again++)
            offsets = await AskAgainAsync(question);

        return string.Join(", ", sources.Select(source => offsets[source]));
    }
}
