using System.Globalization;

namespace StreamAgg.EndToEnd.Tests.Harness;

/// <summary>What a deployment holds at one moment.</summary>
internal sealed record SoakReading(
    int Minute, string What, long ResidentBytes, int Handles, int Threads, long Connections, long OpenPartials, long WorkBytes, long KeptBytes, long KeptHours, long Lag)
{
    public const string Heading =
        """
        | minute | resident MB | handles | threads | connections | open partials | work tables MB | kept bytes an hour | lag | what happened |
        |---|---|---|---|---|---|---|---|---|---|
        """;

    /// <param name="member">That runs since the beginning.</param>
    public static async Task<SoakReading> TakeAsync(Deployment deployment, ServiceProcess member, int minute, string what)
    {
        long lag = (await deployment.Brokers.EndOffsetsAsync(deployment.UsageTopic, deployment.ErrorTopic)).Values.Sum()
            - (await deployment.State.PartitionsAsync()).Values.Sum(partition => partition.NextOffset);
        return new SoakReading(
            minute, what, member.WorkingSet, member.Handles, member.Threads,
            await deployment.ScalarAsync("SELECT count(*) FROM pg_stat_activity WHERE usename = 'test_service'"),
            await deployment.ScalarAsync("SELECT count(*) FROM streamagg.partial"),
            // Not event_tally: it has a row a minute for two hours before its rows are added up.
            await SizeAsync("partial", "dirty_hour", "dirty_day", "source_partition"),
            await SizeAsync("hour_base", "hour_sketch"),
            await deployment.ScalarAsync("SELECT count(*) FROM streamagg.hour_sketch"),
            lag);

        async Task<long> SizeAsync(params string[] tables)
        {
            long sum = 0;
            foreach (string table in tables)
                sum += await deployment.ScalarAsync($"SELECT pg_total_relation_size('streamagg.{table}')");
            return sum;
        }
    }

    /// <summary>The last quarter holds what the second one held: the first is for whatever warms up.</summary>
    public static void AssertFlat(IReadOnlyList<SoakReading> readings)
    {
        int quarter = readings.Count / 4;
        Assert.True(quarter > 0, "four minutes are the least that can show anything");
        Flat("resident bytes", reading => reading.ResidentBytes, 0.2);
        Flat("handles", reading => reading.Handles, 0.2);
        Flat("threads", reading => reading.Threads, 0.2);
        Flat("connections", reading => reading.Connections, 0.5);
        Flat("bytes of the work tables", reading => reading.WorkBytes, 0.5);

        void Flat(string what, Func<SoakReading, double> value, double growth)
        {
            double before = readings.Skip(quarter).Take(quarter).Select(value).Order().ElementAt(quarter / 2);
            double after = readings.TakeLast(quarter).Select(value).Order().ElementAt(quarter / 2);
            Assert.True(after <= before * (1 + growth), $"{what}: {before} in the second quarter, {after} in the last");
        }
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"| {Minute} | {ResidentBytes / 1e6:0} | {Handles} | {Threads} | {Connections} | {OpenPartials} | {WorkBytes / 1e6:0.0} | {KeptBytes / Math.Max(1, KeptHours):#,0} | {Lag:#,0} | {What} |");
}
