using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using StreamAgg.Core.Events;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.DeadLetters;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Members;
using StreamAgg.Pipeline.Options;
using StreamAgg.Pipeline.Running;
using StreamAgg.Pipeline.Telemetry;
using StreamAgg.Postgres.Store;

namespace StreamAgg.Benchmarks.Pipeline;

/// <summary>What many platforms take in memory: a process of its own reads them, and its resident memory is looked at ten times a second.</summary>
/// <param name="Counted">Events in the state at the end.</param>
/// <param name="PeakBytes">Resident.</param>
/// <param name="HeldBytes">The most that the reading was held against.</param>
/// <param name="Pauses">How often a look found the reading paused.</param>
/// <param name="Seconds">By the clock.</param>
internal readonly record struct ManyPlatforms(long Counted, long PeakBytes, long HeldBytes, int Pauses, double Seconds)
{
    public const string Verb = "read-many-platforms";

    /// <summary>Reads in a process that has just started.</summary>
    /// <param name="database">Migrated, and empty.</param>
    /// <param name="platforms">Of each hour and partition.</param>
    /// <param name="records">Of each partition.</param>
    public static ManyPlatforms Read(string database, int platforms, int records)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(ManyPlatforms).Assembly.Location, Verb, database, Text(platforms), Text(records)])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start) ?? throw new InvalidOperationException("dotnet did not start");
        string[] told = process.StandardOutput.ReadToEnd().Trim().Split('\t');
        process.WaitForExit();
        if (told.Length != 5)
            throw new InvalidOperationException("the process that reads many platforms has told nothing");
        return new ManyPlatforms(Number(told[0]), Number(told[1]), Number(told[2]), (int)Number(told[3]), double.Parse(told[4], CultureInfo.InvariantCulture));
    }

    /// <summary>What the other process does.</summary>
    /// <returns>An exit code.</returns>
    public static async Task<int> RunAsync(string connection, int platforms, int records)
    {
        await using var database = NpgsqlDataSource.Create(connection);
        var log = new ManyPlatformsLog(platforms, records);
        var options = new PipelineOptions();
        using var metrics = new StreamAggMetrics("bench", options.MaxPlatforms);
        var services = new MemberServices
        {
            Options = options,
            Topics = new PipelineTopics(ManyPlatformsLog.Topic, "bench.errors"),
            Owner = "bench",
            Metadata = log,
            Store = new PostgresStore(database, options.Id, "public"),
            DeadLetters = new NoLetters(),
            Metrics = metrics,
            Logger = NullLogger.Instance,
            Time = TimeProvider.System,
            Backoff = new Backoff(new Random(1).NextDouble),
        };
        long peak = 0, held = 0;
        int pauses = 0;
        var reading = await BacklogReading.WatchAsync(new PipelineRunner(services, _ => log), (long)records * ManyPlatformsLog.Partitions, database, resident =>
        {
            peak = Math.Max(peak, resident);
            foreach (MemberStatus status in metrics.Members())
            {
                held = Math.Max(held, status.HeldBytes);
                pauses += status.IsPaused ? 1 : 0;
            }
        });
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{reading.Aggregated}\t{peak}\t{held}\t{pauses}\t{reading.Elapsed.TotalSeconds}"));
        return 0;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    private sealed class NoLetters : IDeadLetterSink
    {
        public long PendingLetters => 0;

        public long PendingBytes => 0;

        public void Send(in LogRecord record, ReadOnlySpan<Refusal> refusals, Instant refusedAt) =>
            throw new InvalidOperationException($"{refusals[0].Reason}: {refusals[0].Detail}");

        public Task FlushAsync(CancellationToken cancellation) => Task.CompletedTask;
    }
}
