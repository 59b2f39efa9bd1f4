using System.Diagnostics;
using Confluent.Kafka;
using Microsoft.Extensions.Logging.Abstractions;
using StreamAgg.Kafka.Log;
using StreamAgg.Kafka.Options;
using StreamAgg.Pipeline.Log;
using StreamAgg.Testing.Kafka;

namespace StreamAgg.Kafka.Tests.Log;

public sealed class ThroughputTests : LogTest
{
    private const int Partitions = 24;
    private const int RecordsPerPartition = 40_000;
    private const int RecordBytes = 138;

    [Fact]
    public async Task A_backlog_is_read_with_no_object_a_record_and_in_bounded_memory()
    {
        (TestKafka kafka, KafkaOptions options) = await NewLogAsync(usagePartitions: Partitions);
        Assert.SkipUnless(kafka.Supports(KafkaFeature.Backlog), kafka.Lacks(KafkaFeature.Backlog));
        Fill(kafka, options.UsageTopic);

        var handler = new CountingHandler();
        using var log = new KafkaEventLog(options, NullLogger<KafkaEventLog>.Instance);
        log.Subscribe();
        while (handler.Assigned.Count < Partitions + 1)
            log.Poll(TimeSpan.FromMilliseconds(20), handler);

        using var process = Process.GetCurrentProcess();
        handler.Assigned.ForEach(source => log.Start(source, 0, leaderEpoch: null));
        long resident = process.WorkingSet64;
        int polls = 0;
        long lastRecords = 0, lastProgress = Stopwatch.GetTimestamp();
        TimeSpan cpu = process.TotalProcessorTime;
        long started = Stopwatch.GetTimestamp();
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        while (handler.Records < Partitions * RecordsPerPartition)
        {
            log.Poll(TimeSpan.FromMilliseconds(20), handler);
            polls++;
            if (handler.Records > lastRecords)
                (lastRecords, lastProgress) = (handler.Records, Stopwatch.GetTimestamp());

            Assert.True(Stopwatch.GetElapsedTime(lastProgress) < LogMember.Deadline, $"reading stands still at {lastRecords} records");
        }

        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        TimeSpan elapsed = Stopwatch.GetElapsedTime(started);
        process.Refresh();
        cpu = process.TotalProcessorTime - cpu;
        Console.WriteLine(
            $"{handler.Records:N0} records of {RecordBytes} bytes in {elapsed.TotalSeconds:F2} s: {handler.Records / elapsed.TotalSeconds:N0}/s, "
            + $"{handler.Records / cpu.TotalSeconds:N0} a second of CPU (librdkafka's threads included), {allocated:N0} bytes allocated, {polls:N0} polls, "
            + $"{resident / 1e6:N0} MB resident before, {process.WorkingSet64 / 1e6:N0} MB after");

        // The whole backlog would be 500 MB in the client: 400 bytes a record come on top of its own. The tests beside this one take some of it.
        Assert.True(process.WorkingSet64 - resident < 150_000_000, $"{(process.WorkingSet64 - resident) / 1e6:N0} MB more are resident");
        Assert.True(allocated < handler.Records / 10, $"{allocated} bytes were allocated for {handler.Records} records");
        log.Close(handler);
    }

    private static void Fill(TestKafka kafka, string topic)
    {
        using IProducer<byte[], byte[]> producer = kafka.Producer(("dotnet.producer.enable.delivery.reports", "false"), ("linger.ms", "50"), ("batch.size", "500000"));
        byte[] value = new byte[RecordBytes];
        for (int i = 0; i < RecordsPerPartition; i++)
        {
            for (int partition = 0; partition < Partitions; partition++)
                producer.Produce(new TopicPartition(topic, partition), new Message<byte[], byte[]> { Value = value });

            if (i % 1_000 == 999)
                producer.Flush(TimeSpan.FromSeconds(60));
        }

        Assert.Equal(0, producer.Flush(TimeSpan.FromSeconds(60)));
    }

    private sealed class CountingHandler : ILogHandler
    {
        public long Records { get; private set; }

        public List<SourcePartition> Assigned { get; } = [];

        public void OnRecord(in LogRecord record) => Records++;

        public void OnPosition(SourcePartition source, long nextOffset)
        {
            // Only records are counted.
        }

        public void OnAssigned(IReadOnlyList<SourcePartition> partitions) => Assigned.AddRange(partitions);

        public void OnRevoking(IReadOnlyList<SourcePartition> partitions)
        {
            // Nothing is held back.
        }

        public bool IsReleased(SourcePartition source) => true;

        public void OnRevoked(IReadOnlyList<SourcePartition> partitions)
        {
            // Nothing is held.
        }

        public void OnLost(IReadOnlyList<SourcePartition> partitions) => Assert.Fail("partitions were lost");

        public void OnOutOfRange(SourcePartition source, long offset, string reason) => Assert.Fail(reason);

        public void Advance()
        {
            // Nothing is due.
        }
    }
}
