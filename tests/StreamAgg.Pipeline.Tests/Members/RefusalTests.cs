using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using StreamAgg.Core.Events;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.DeadLetters;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Members;
using StreamAgg.Pipeline.Options;
using StreamAgg.Pipeline.Telemetry;
using StreamAgg.Pipeline.Tests.Members.Fakes;
using Xunit;

namespace StreamAgg.Pipeline.Tests.Members;

/// <summary>What is refused may be anything, and as much as a record holds: a member goes on all the same.</summary>
public sealed class RefusalTests : IDisposable
{
    private static readonly SourcePartition Source = new("gateway.usage", 0);

    private readonly FakeLog log = new();
    private readonly CountedLetters letters = new();
    private readonly StreamAggMetrics metrics = new("test", 10);
    private readonly Member member;
    private int nextOffset;

    public RefusalTests()
    {
        member = new Member(
            new MemberServices
            {
                Options = new PipelineOptions(),
                Topics = new PipelineTopics("gateway.usage", "gateway.errors"),
                Owner = "test",
                Metadata = new FakeMetadata(),
                Store = new FakeStore(),
                DeadLetters = letters,
                Metrics = metrics,
                Logger = NullLogger.Instance,
                Time = new SteppedTime(),
                Backoff = new Backoff(() => 0),
            },
            log);
        member.OnAssigned([Source]);
        member.Advance();
        member.Advance();
    }

    public void Dispose()
    {
        member.Dispose();
        metrics.Dispose();
    }

    [Fact]
    public void A_megabyte_of_refused_events_is_one_letter_and_allocates_less_than_it_holds()
    {
        byte[] zeros = Encoding.ASCII.GetBytes("[" + string.Join(',', Enumerable.Repeat("0", 524_000)) + "]");
        long before = GC.GetAllocatedBytesForCurrentThread();
        Deliver(zeros);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Refusal letter = Assert.Single(letters.Sent);
        Assert.Equal((0, RefusalReason.NotAnObject, 524_000), (letter.EventIndex, letter.Reason, letter.Events));
        Assert.InRange(allocated, 0, zeros.Length);
    }

    [Fact]
    public void A_hundred_refused_events_are_a_letter_each_and_one_more_makes_one_a_reason()
    {
        Deliver(Encoding.ASCII.GetBytes("[" + string.Join(',', Enumerable.Repeat("0", 100)) + "]"));
        Assert.Equal(100, letters.Sent.Count);
        letters.Sent.Clear();
        Deliver(Encoding.ASCII.GetBytes("[" + string.Join(',', Enumerable.Repeat("0", 100)) + ",{}]"));
        Assert.Equal([("not_an_object", 100), ("unknown_shape", 1)], letters.Sent.Select(letter => (letter.Reason, letter.Events)));
    }

    [Fact]
    public void Letters_that_are_not_stored_pause_the_reading_in_the_middle_of_a_poll()
    {
        letters.BytesEach = (MemberBounds.Default.PendingLetterBytes / 3) + 1;
        for (int i = 0; i < 2; i++)
            Deliver("no JSON"u8);
        Assert.False(log.IsPaused);
        Deliver("no JSON"u8);
        Assert.True(log.IsPaused);

        member.Advance();
        Assert.True(log.IsPaused);
        letters.Sent.Clear();
        member.Advance();
        Assert.False(log.IsPaused);
    }

    private void Deliver(ReadOnlySpan<byte> value) =>
        member.OnRecord(new LogRecord { Source = Source, Offset = nextOffset++, TimestampMilliseconds = 1_738_317_600_000, Value = value });

    private sealed class CountedLetters : IDeadLetterSink
    {
        public List<Refusal> Sent { get; } = [];

        public long BytesEach { get; set; } = 1;

        public long PendingLetters => Sent.Count;

        public long PendingBytes => Sent.Count * BytesEach;

        public void Send(in LogRecord record, ReadOnlySpan<Refusal> refusals, Instant refusedAt) => Sent.AddRange(refusals);

        public Task FlushAsync(CancellationToken cancellation) => Task.CompletedTask;
    }
}
