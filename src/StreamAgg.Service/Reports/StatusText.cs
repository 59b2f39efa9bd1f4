using System.Globalization;

namespace StreamAgg.Service.Reports;

/// <summary>The status as lines for a person.</summary>
internal static class StatusText
{
    private const string Unknown = "-";

    public static void Write(TextWriter output, StatusReport status)
    {
        var rows = new List<string[]> { (string[])["TOPIC", "PARTITION", "OWNER", "NEXT OFFSET", "LOG END", "LAG", "WATERMARK"] };
        rows.AddRange(status.Partitions.Select(p => (string[])
            [p.Topic, Text(p.Partition), p.Owner ?? Unknown, Text(p.NextOffset), Text(p.LogEndOffset), Text(p.Lag), p.Watermark?.ToString() ?? Unknown]));
        int[] widths = [.. Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length))];
        foreach (string[] row in rows)
            output.WriteLine(string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
        output.WriteLine();
        output.WriteLine($"watermark    {status.Watermark?.ToString() ?? "unknown: a partition has none yet"}");
        output.WriteLine($"open hours   {status.OpenHours}");
        output.WriteLine($"dirty hours  {status.DirtyHours}");
        output.WriteLine($"rows kept    {status.RowsKept}");
        output.WriteLine($"gaps         {status.Gaps.Count}");
        foreach (var gap in status.Gaps)
            output.WriteLine($"  {gap.Topic}-{gap.Partition}: offsets {gap.From} to {Text(gap.To)} at {gap.Time}: {gap.Reason}");
    }

    private static string Text(long? value) => value?.ToString(CultureInfo.InvariantCulture) ?? Unknown;
}
