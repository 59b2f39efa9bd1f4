using System.Security.Cryptography;
using System.Text;
using StreamAgg.Core.Events;
using StreamAgg.Core.Time;
using StreamAgg.Traffic.Generating;

namespace StreamAgg.Traffic.Tests.Generating;

public sealed class TrafficGeneratorTests
{
    private static readonly Instant Start = Instant.FromUtc(new DateTime(2025, 1, 31, 0, 0, 0, DateTimeKind.Utc));

    private static readonly TrafficOptions Options = new() { Start = Start, EventsPerSecond = 0.5, PoisonShare = 0.02 };

    private static List<GeneratedRecord> Day(TrafficOptions options) => [.. new TrafficGenerator(options).Until(Start + TimeSpan.FromDays(1))];

    private static string Fingerprint(IEnumerable<GeneratedRecord> records)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (GeneratedRecord record in records)
        {
            hash.AppendData(Encoding.ASCII.GetBytes($"{record.Kind} {record.RecordTimestamp.UnixTicks} {record.RefusedCount} {string.Join(';', record.Accepted)}"));
            hash.AppendData(record.Key);
            hash.AppendData(record.Value);
        }
        return Convert.ToHexString(hash.GetHashAndReset());
    }

    [Fact]
    public void The_same_seed_gives_the_same_bytes_and_another_one_others()
    {
        string day = Fingerprint(Day(Options));
        Assert.Equal(day, Fingerprint(Day(Options)));
        Assert.NotEqual(day, Fingerprint(Day(Options with { Seed = 2 })));
    }

    [Fact]
    public void How_time_is_cut_into_steps_changes_nothing()
    {
        var generator = new TrafficGenerator(Options);
        var records = new List<GeneratedRecord>();
        for (Instant now = Start; now < Start + TimeSpan.FromDays(1); now += TimeSpan.FromSeconds(997))
            records.AddRange(generator.Until(now));
        records.AddRange(generator.Until(Start + TimeSpan.FromDays(1)));
        Assert.Equal(Fingerprint(Day(Options)), Fingerprint(records));
        Assert.Empty(generator.Until(Start + TimeSpan.FromDays(1)));
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(3, true)]
    [InlineData(4, true)]
    public void The_decoder_finds_what_the_generator_says_that_there_is(ulong seed, bool isOneTopic)
    {
        // The widest MaxFuture that can be configured: what is poison must be so everywhere.
        var decoder = new EventDecoder(TimeSpan.FromDays(1));
        var reasons = new HashSet<string>();
        var options = Options with
        {
            Seed = seed,
            IsOneTopic = isOneTopic,
            EventsPerSecond = 0.2,
            PoisonShare = 0.5,
            BatchShare = 0.2,
            Incidents = Incident.Story,
        };
        foreach (GeneratedRecord record in Day(options))
        {
            decoder.Decode(record.Kind, record.Value, record.RecordTimestamp.ToUnixMilliseconds());
            var found = new List<ExpectedEvent>();
            foreach (ref readonly DecodedEvent e in decoder.Accepted)
                found.Add(new ExpectedEvent(
                    e.Time, Encoding.UTF8.GetString(decoder.Label(e)), e.DurationMicros == DecodedEvent.NoDuration ? null : e.DurationMicros, e.Status, e.IsTimeout, e.IsFailure));
            Assert.True(record.Accepted.SequenceEqual(found), Encoding.UTF8.GetString(record.Value));
            Assert.Equal(isOneTopic, record.Kind == EventKind.Request);
            Assert.Equal(record.RefusedCount, decoder.Refused.Length);
            foreach (Refusal refusal in decoder.Refused)
                reasons.Add(refusal.Reason);
        }
        string[] expected =
        [
            "malformed_json", "not_an_object", "unknown_shape", "bad_field:created_at", "bad_field:platform", "bad_field:group_platform", "bad_field:account_platform", "bad_field:duration_ms",
            "bad_field:status_code", "bad_field:is_timeout", "bad_platform", "too_old", "in_future",
        ];
        Assert.Equal(expected.Order(), reasons.Order());
    }

    [Fact]
    public void A_day_has_everything_that_a_gateway_sees()
    {
        List<GeneratedRecord> day = Day(Options);
        List<(GeneratedRecord Record, ExpectedEvent Event)> events = [.. day.SelectMany(r => r.Accepted.Select(e => (r, e)))];

        Assert.Equal(day.Select(r => r.RecordTimestamp).Order(), day.Select(r => r.RecordTimestamp));
        Assert.All(events, e => Assert.True(e.Event.Time >= Start && e.Event.Time <= e.Record.RecordTimestamp));
        Assert.InRange(day.Sum(r => r.ProducedCount), 0.9 * 43_200, 1.1 * 43_200);
        Assert.Equal(PlatformProfile.Usual.Select(p => p.Platform).Order(), events.Select(e => e.Event.Platform).Distinct().Order());
        Assert.Contains(events, e => e.Record.RecordTimestamp - e.Event.Time > TimeSpan.FromHours(3));
        string[] single = [.. events.Where(e => e.Record.ProducedCount == 1 && !e.Event.IsFailure).Select(e => Encoding.UTF8.GetString(e.Record.Value))];
        Assert.All(single, text => Assert.Matches("\"model\":\"[a-z].*\"account\":\"acct-.*\"input_tokens\":[0-9]+,\"output_tokens\":[0-9]+.*\"cost_usd\":[0-9.]+", text));
        Assert.InRange(single.Count(text => text.Contains("\"ttft_ms\":", StringComparison.Ordinal)) / (double)single.Length, 0.65, 0.75);
        Assert.Contains(events.Zip(events.Skip(1)), pair => pair.Second.Event.Time < pair.First.Event.Time);
        Assert.Contains(day, r => r.Accepted.Count > 1 && r.Value[0] == '[');
        Assert.Contains(day, r => r.Accepted.Count > 1 && r.Value[0] == '{');
        Assert.Contains(day, r => r.RefusedCount > 0 && r.Accepted.Count > 0);
        Assert.All(day, r => Assert.InRange(r.Value.Length, 0, 10_000));

        var failures = events.Where(e => e.Record.Kind == EventKind.Error).Select(e => (e.Event.Status, e.Event.IsTimeout)).ToHashSet();
        Assert.Equal(6, failures.Count);
        Assert.InRange(events.Count(e => e.Record.Kind == EventKind.Error), 0.005 * events.Count, 0.1 * events.Count);
    }

    [Fact]
    public void There_is_more_traffic_by_day_than_by_night()
    {
        int[] byHour = new int[24];
        foreach (GeneratedRecord record in Day(Options))
            byHour[record.RecordTimestamp.ToUtcDateTime().Hour] += record.ProducedCount;
        Assert.True(byHour[15] > 2 * byHour[3], string.Join(' ', byHour));
    }

    [Fact]
    public void Errors_come_in_bursts()
    {
        List<GeneratedRecord> day = Day(Options with { EventsPerSecond = 2, Platforms = [new("solo", 1, 1000, 0.5, 0.01)] });
        var shares = day.GroupBy(r => r.RecordTimestamp.UnixTicks / (TimeSpan.TicksPerMinute * 2))
            .Where(minutes => minutes.Count() > 20).Select(minutes => minutes.Count(r => r.Kind == EventKind.Error) / (double)minutes.Count()).Order().ToList();
        Assert.True(shares[shares.Count / 2] < 0.03);
        Assert.True(shares[^1] > 0.25);
    }

    [Fact]
    public void Latencies_are_log_normal_around_the_median()
    {
        List<double> ms = [.. Day(Options with { Platforms = [new("solo", 1, 1000, 0.5, 0)], ErrorBurstsPerDay = 0 })
            .SelectMany(r => r.Accepted).Where(e => e.DurationMicros is not null).Select(e => e.DurationMicros!.Value / 1000.0).Order()];
        Assert.InRange(ms[ms.Count / 2], 950, 1050);
        // One deviation of the logarithm above the median: e to the 0.5.
        Assert.InRange(ms[(int)(ms.Count * 0.8413)], 1560, 1740);
    }

    [Fact]
    public void Options_that_make_no_traffic_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new TrafficGenerator(Options with { EventsPerSecond = 0 }));
        Assert.Throws<ArgumentException>(() => new TrafficGenerator(Options with { Platforms = [] }));
    }

    [Fact]
    public void One_platform_has_a_second_model_so_slow_that_its_p99_lies_beside_a_jump()
    {
        PlatformProfile profile = Assert.Single(PlatformProfile.Usual, platform => platform.SlowShare > 0);
        var durations = Day(Options).SelectMany(record => record.Accepted)
            .Where(e => e.Platform == profile.Platform && e.DurationMicros is not null).Select(e => e.DurationMicros!.Value / 1000.0).Order().ToList();
        int slow = durations.Count(milliseconds => milliseconds >= profile.SlowMs && milliseconds <= profile.SlowMs + 2);
        Assert.InRange(slow, durations.Count * 0.005, durations.Count * 0.02);
        Assert.DoesNotContain(durations, milliseconds => milliseconds > profile.SlowMs * 0.9 && milliseconds < profile.SlowMs);
    }

    [Fact]
    public void What_the_story_tells_happens_at_its_hours_and_at_no_others()
    {
        var options = new TrafficOptions { Start = Start, EventsPerSecond = 1, ErrorBurstsPerDay = 0, Incidents = Incident.Story };
        List<GeneratedRecord> days = [.. new TrafficGenerator(options).Until(Start + TimeSpan.FromDays(5))];

        Assert.InRange(Median(Of("gemini", 33, 36)) / Median(Of("gemini", 0, 33)), 5, 7);
        Assert.InRange(Median(Of("openai", 33, 36)) / Median(Of("openai", 0, 33)), 0.8, 1.25);
        // Day 5 is as day 1.
        Assert.InRange(RefusedShare(114, 115), 0.05, 0.15);
        Assert.InRange(ErrorShare("openai", 48 + (860 / 60.0), 48 + (880 / 60.0)), 0.8, 1);
        Assert.InRange(ErrorShare("openai", 0, 48 + (860 / 60.0)), 0, 0.05);
        Assert.InRange(ErrorShare("anthropic", 48, 72), 0, 0.1);
        Assert.InRange(LateShare(76, 77), 0.2, 0.4);
        Assert.InRange(LateShare(0, 76), 0, 0.03);
        Assert.InRange(RefusedShare(18, 19), 0.05, 0.15);
        Assert.InRange(RefusedShare(19, 114), 0, 0.02);

        IEnumerable<GeneratedRecord> Between(double from, double to) =>
            days.Where(record => (record.RecordTimestamp - Start).TotalHours is var hour && hour >= from && hour < to);
        IEnumerable<ExpectedEvent> Of(string platform, double from, double to) =>
            Between(from, to).SelectMany(record => record.Accepted).Where(e => e.Platform == platform);
        static double Median(IEnumerable<ExpectedEvent> events) =>
            events.Where(e => e.DurationMicros is not null).Select(e => (double)e.DurationMicros!.Value).Order().ToArray() is var all ? all[all.Length / 2] : 0;
        // Records of one event: a batch holds other providers', too.
        double ErrorShare(string platform, double from, double to) =>
            Between(from, to).Where(record => record.Accepted is [var only] && only.Platform == platform)
                .Average(record => record.Kind == EventKind.Error ? 1 : 0);
        double LateShare(double from, double to) =>
            Between(from, to).SelectMany(record => record.Accepted.Select(e => record.RecordTimestamp - e.Time > TimeSpan.FromSeconds(180) ? 1 : 0)).Average();
        double RefusedShare(double from, double to) =>
            (double)Between(from, to).Sum(record => record.RefusedCount) / Between(from, to).Sum(record => record.ProducedCount);
    }
}
