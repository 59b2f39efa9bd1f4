using System.Globalization;
using System.Text.Json;
using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Rollups;
using StreamAgg.Core.Time;
using StreamAgg.Service.Output;
using StreamAgg.Traffic.Recount;

namespace StreamAgg.Service.Recounts;

/// <summary>What a comparison found, for a person or a program.</summary>
/// <param name="From">Hours from it on were compared, and days that lie in the range as a whole.</param>
/// <param name="To">Up to it.</param>
/// <param name="Tables">Of each table's rows.</param>
internal sealed record VerifyReport(Instant From, Instant To, IReadOnlyList<(RowTable Table, TallyVerdict Verdict)> Tables)
{
    public required long Events { get; init; }

    /// <summary>Rows of others that count more than ours: nothing here can judge them.</summary>
    public required int KeptRows { get; init; }

    /// <summary>Why no earlier hours were compared.</summary>
    public required IReadOnlyList<string> Missing { get; init; }

    /// <summary>Rows that differ.</summary>
    public int Differences => Differing.Count;

    private IReadOnlyList<IGrouping<(RowTable Table, TallyKey Key), Difference>> Differing { get; } =
        [.. Tables.SelectMany(table => table.Verdict.Differences).GroupBy(difference => (difference.Table, difference.Key))];

    public void Write(TextWriter output)
    {
        foreach (string line in Missing)
            output.WriteLine($"not compared before {From}: {line}");
        foreach (var row in Differing)
            output.WriteLine(Visible.Of(
                $"{row.Key.Table.Name} {BucketOf(row.Key.Table, row.Key.Key)} '{LabelOf(row.Key.Table, row.Key.Key)}': "
                + string.Join("; ", row.Select(difference => $"{difference.Column} is {difference.Actual}, must be {difference.Expected}"))));
        if (KeptRows > 0)
            output.WriteLine($"not compared: {KeptRows} rows that were not written here and count more (see `streamagg status`)");
        if (From == To)
        {
            output.WriteLine($"Nothing was compared: the range has no whole hour that is closed before {To}.");
            return;
        }
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{From} to {To}: {Events:#,0} events, {Rows:#,0} rows, {Differences:#,0} differ; p99 at most {MaxRankError * 100:0.####} % of the ranks off"));
    }

    public void WriteJson(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteNumber("rows", Rows);
        json.WriteNumber("differences", Differences);
        json.WriteNumber("max_rank_error", MaxRankError);
        json.WriteString("from", From.ToString());
        json.WriteString("to", To.ToString());
        json.WriteNumber("events", Events);
        json.WriteNumber("rows_kept", KeptRows);
        json.WriteStartArray("differing");
        foreach (var row in Differing)
        {
            json.WriteStartObject();
            json.WriteString("table", row.Key.Table.Name);
            json.WriteString("bucket", BucketOf(row.Key.Table, row.Key.Key));
            foreach (var (dimension, value) in row.Key.Table.Dimensions.Zip(Rollup.Split(row.Key.Key.Label, row.Key.Table.Dimensions.Count)))
                json.WriteString(dimension, value);
            WriteValues(json, "want", row, difference => difference.Expected);
            WriteValues(json, "got", row, difference => difference.Actual);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>Of the state's tables none: they repeat what the published ones are made of.</summary>
    private int Rows => Tables.Where(table => !table.Table.IsOfState).Sum(table => table.Verdict.Rows);

    private double MaxRankError => Tables.Max(table => table.Verdict.MaxRankError);

    private static string LabelOf(RowTable table, TallyKey key) => string.Join("', '", Rollup.Split(key.Label, table.Dimensions.Count));

    private static string BucketOf(RowTable table, TallyKey key) => table.IsDaily ? key.Start.Hour.Day.ToString() : key.Start.ToString();

    /// <summary>The columns that differ; null for a row that must not be, or is not, there.</summary>
    private static void WriteValues(Utf8JsonWriter json, string name, IEnumerable<Difference> row, Func<Difference, string> value)
    {
        if (row.First() is { Column: Difference.WholeRow } whole && value(whole) == Difference.NoRow)
        {
            json.WriteNull(name);
            return;
        }
        json.WriteStartObject(name);
        foreach (var difference in row)
        {
            json.WritePropertyName(difference.Column);
            // What is a number stands as one; a p99 that may be any of several is told in words.
            if (double.TryParse(value(difference), NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number))
                json.WriteRawValue(value(difference));
            else if (value(difference) == "null")
                json.WriteNullValue();
            else
                json.WriteStringValue(value(difference));
        }
        json.WriteEndObject();
    }
}
