namespace StreamAgg.EndToEnd.Tests.Harness;

/// <summary>The events that were produced, and what the tables must hold of them. Safe from several threads.</summary>
internal sealed class Recount
{
    private readonly Lock gate = new();
    private readonly List<GatewayEvent> events = [];

    public int Count
    {
        get
        {
            lock (gate)
                return events.Count;
        }
    }

    public void Add(IEnumerable<GatewayEvent> more)
    {
        lock (gate)
            events.AddRange(more);
    }

    /// <summary>Everything of one kind that was produced so far, as it was written.</summary>
    public string[] Lines(bool isError)
    {
        lock (gate)
            return [.. events.Where(e => e.IsError == isError).Select(e => e.ToJson())];
    }

    /// <summary>One line for each row that is missing, too many or wrong; empty where the tables are exact.</summary>
    public IReadOnlyList<string> Differences(PublishedTables tables)
    {
        GatewayEvent[] all;
        lock (gate)
            all = [.. events];
        return
        [
            .. Compare("hourly", all.GroupBy(e => (HourOf(e.Time), e.Platform)), tables.Hourly),
            .. Compare("daily", all.GroupBy(e => (e.Time.Date, e.Platform)), tables.Daily),
        ];
    }

    private static IEnumerable<string> Compare(
        string table, IEnumerable<IGrouping<(DateTime Bucket, string Platform), GatewayEvent>> expected, IReadOnlyList<MetricRow> rows)
    {
        var unexpected = rows.ToDictionary(row => row.Key);
        foreach (var group in expected.OrderBy(group => group.Key))
        {
            string name = Name(table, group.Key);
            if (!unexpected.Remove(group.Key, out var row))
            {
                yield return $"{name} is missing";
                continue;
            }

            foreach (string difference in new ExpectedRow([.. group]).Differences(row))
                yield return $"{name}: {difference}";
        }

        foreach (var row in unexpected.Values)
            yield return $"{Name(table, row.Key)} should not be there";
    }

    private static string Name(string table, (DateTime Bucket, string Platform) key) => $"{table} {key.Bucket:yyyy-MM-dd'T'HH} '{key.Platform}'";

    private static DateTime HourOf(DateTime time) => new(time.Year, time.Month, time.Day, time.Hour, 0, 0, DateTimeKind.Utc);
}
