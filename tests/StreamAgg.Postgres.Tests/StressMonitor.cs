using System.Globalization;
using StreamAgg.Core.Aggregation;
using static StreamAgg.Postgres.Tests.Sample;

namespace StreamAgg.Postgres.Tests;

/// <summary>Holds one snapshot of all tables against a recount of the log.</summary>
internal sealed class StressMonitor(TestDatabase database, StressLog log)
{
    private const string Counts = "success_count, error_count, error_4xx_count, timeout_count, duration_count, duration_sum_micros";

    private const string Snapshot =
        $"""
        SELECT 'offset', partition, next_offset, 0, 0, 0, 0, 0::numeric FROM streamagg.source_partition
        UNION ALL SELECT 'part', extract(epoch FROM bucket_start)::bigint / 3600, {Counts} FROM streamagg.hour_base
        UNION ALL SELECT 'part', extract(epoch FROM bucket_start)::bigint / 3600, {Counts} FROM streamagg.partial
        UNION ALL SELECT 'hour', extract(epoch FROM bucket_start)::bigint / 3600, {Counts} FROM streamagg.hour_sketch
        UNION ALL SELECT 'day', bucket_date - DATE '1970-01-01', {Counts} FROM streamagg.day_sketch
        UNION ALL SELECT 'row', extract(epoch FROM bucket_start)::bigint / 3600, request_count, 0, 0, 0, 0, 0::numeric FROM ops_metrics_hourly
        """;

    private readonly Dictionary<(string Kind, long Key), BucketTotals> last = [];

    public async Task CheckAsync()
    {
        var offsets = new Dictionary<int, long>();
        var counted = new Dictionary<int, BucketTotals>();
        var sketched = new Dictionary<long, long>();
        var rows = new Dictionary<long, long>();
        foreach (string line in await database.RowsAsync(Snapshot))
        {
            string[] fields = line.Split('|');
            long key = long.Parse(fields[1], CultureInfo.InvariantCulture);
            long[] counts = [.. fields[2..].Select(field => long.Parse(field, CultureInfo.InvariantCulture))];
            BucketTotals totals = Totals(counts);
            switch (fields[0])
            {
                case "offset":
                    offsets[(int)key] = counts[0];
                    break;
                case "part":
                    BucketTotals sum = counted.GetValueOrDefault(HourIndex(key));
                    Add(ref sum, totals);
                    counted[HourIndex(key)] = sum;
                    break;
                case "hour":
                    IsPrefix("hour", key, totals, hour => hour == HourIndex(key));
                    sketched[key] = totals.RequestCount;
                    break;
                case "day":
                    IsPrefix("day", key, totals, hour => Hour(StressLog.FirstHour + hour).Day.SinceEpoch == key);
                    break;
                default:
                    rows[key] = counts[0];
                    break;
            }
        }
        // Base and partials are exactly the events before each next offset.
        for (int hour = 0; hour < StressLog.Hours; hour++)
        {
            var expected = new BucketTotals();
            foreach (var (partition, offset) in offsets)
                Add(ref expected, log.Before(partition, offset, hour));
            Same($"hour {hour} of base and partials", expected, counted.GetValueOrDefault(hour));
        }
        Assert.Equal(sketched.OrderBy(row => row.Key), rows.OrderBy(row => row.Key));
    }

    /// <summary>A published hour or day is a recount of some prefix of each partition, and never goes down.</summary>
    private void IsPrefix(string kind, long key, BucketTotals totals, Func<int, bool> isIn)
    {
        var expected = new BucketTotals();
        BucketTotals before = last.GetValueOrDefault((kind, key));
        for (int partition = 0; partition < StressLog.Partitions; partition++)
        {
            long count = StressLog.Column(ref totals, partition);
            Assert.True(count >= StressLog.Column(ref before, partition), $"{kind} {key} went down");
            Add(ref expected, log.Prefix(partition, isIn, count));
        }
        Same($"{kind} {key}", expected, totals);
        last[(kind, key)] = totals;
    }

    private static int HourIndex(long hourSinceEpoch) => (int)hourSinceEpoch - Hour(StressLog.FirstHour).SinceEpoch;

    private static void Same(string what, BucketTotals expected, BucketTotals found) =>
        Assert.Equal($"{what}: {Text(expected)}", $"{what}: {Text(found)}");

    private static string Text(BucketTotals t) => $"{t.SuccessCount} {t.ErrorCount} {t.Error4xxCount} {t.TimeoutCount}, {t.DurationCount}, {t.DurationSumMicros}";

    private static BucketTotals Totals(long[] counts) => new()
    {
        SuccessCount = counts[0],
        ErrorCount = counts[1],
        Error4xxCount = counts[2],
        TimeoutCount = counts[3],
        DurationCount = counts[4],
        DurationSumMicros = (ulong)counts[5],
    };

    private static void Add(ref BucketTotals sum, BucketTotals totals) => sum.Add(totals);
}
