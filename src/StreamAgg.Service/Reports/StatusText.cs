using System.Globalization;
using StreamAgg.Service.Output;

namespace StreamAgg.Service.Reports;

/// <summary>The status as lines for a person.</summary>
internal static class StatusText
{
    private const string Unknown = "-";

    public static void Write(TextWriter output, StatusReport status)
    {
        var rows = new List<string[]> { (string[])["TOPIC", "PARTITION", "OWNER", "NEXT OFFSET", "LOG END", "LAG", "WATERMARK"] };
        rows.AddRange(status.Partitions.Select(p => (string[])
            [p.Topic, Text(p.Partition), Visible.Of(p.Owner ?? Unknown), Text(p.NextOffset), Text(p.LogEndOffset), Text(p.Lag),
                p.Watermark?.ToString() ?? Unknown]));
        int[] widths = [.. Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length))];
        foreach (string[] row in rows)
            output.WriteLine(string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
        output.WriteLine();
        foreach (var (name, value) in StatusLines.Of(status))
            output.WriteLine($"{name,-18}  {Visible.Of(value)}");
    }

    private static string Text(long? value) => value?.ToString(CultureInfo.InvariantCulture) ?? Unknown;
}
