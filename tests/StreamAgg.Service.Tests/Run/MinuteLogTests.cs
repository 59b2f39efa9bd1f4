using Microsoft.Extensions.Logging;
using StreamAgg.Pipeline.Telemetry;
using StreamAgg.Service.Run;
using StreamAgg.Service.Tests.Http;
using Xunit;

namespace StreamAgg.Service.Tests.Run;

public class MinuteLogTests
{
    private readonly FixedReports reports = new();
    private readonly RecordedLines log = new();

    private MinuteLog Minutes => new(reports, () => new PipelineVitals(TimeSpan.FromSeconds(75), 3, 2, 4, 1000, 70_000, IsPaused: false), TimeProvider.System, log);

    [Fact]
    public async Task The_line_says_how_many_events_of_how_many_were_refused_and_why()
    {
        await Minutes.SayAsync(TestContext.Current.CancellationToken);

        Assert.EndsWith("refused 2 of 7 events read in the last hour: malformed_json 2", Assert.Single(log.Lines).Line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_status_that_fails_in_a_way_that_nobody_foresaw_is_a_line_and_not_the_end()
    {
        reports.Fault = new InvalidOperationException("nobody foresaw it");
        await Minutes.SayAsync(TestContext.Current.CancellationToken);
        reports.Fault = null;
        await Minutes.SayAsync(TestContext.Current.CancellationToken);

        Assert.Equal([LogLevel.Error, LogLevel.Information], log.Lines.Select(line => line.Level));
    }

    [Fact]
    public async Task While_PostgreSQL_is_away_it_says_what_the_process_knows_itself()
    {
        reports.IsAway = true;
        await Minutes.SayAsync(TestContext.Current.CancellationToken);

        Assert.Equal(
            (LogLevel.Warning, "the minute's status is not known: PostgreSQL is not there. This process: last checkpoint 00:01:15 ago; 3 checkpoints and 2 publications failed; 4 dead letters wait (1000 bytes); 70000 bytes are held"),
            Assert.Single(log.Lines));
    }

    [Fact]
    public async Task Told_to_stop_it_ends_without_a_word()
    {
        using var stop = new CancellationTokenSource();
        var running = Minutes.RunAsync(stop.Token);
        await stop.CancelAsync();
        await running;

        Assert.Empty(log.Lines);
    }
}
