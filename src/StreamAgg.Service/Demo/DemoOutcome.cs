using System.Text.Json;

namespace StreamAgg.Service.Demo;

/// <summary>What a demonstration came to.</summary>
/// <param name="Produced">Events, refused ones too; a malformed record is one.</param>
/// <param name="Accepted">Those that are counted in the hourly table.</param>
/// <param name="Refused">Those that lie in the dead-letter topic.</param>
/// <param name="Differences">One line for each difference between the tables and what was produced.</param>
internal sealed record DemoOutcome(
    long Produced, long Accepted, long Refused, int RowsHourly, int RowsDaily, IReadOnlyList<string> Differences, TimeSpan Duration)
{
    public void WriteJson(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteNumber("produced", Produced);
        json.WriteNumber("accepted", Accepted);
        json.WriteNumber("refused", Refused);
        json.WriteNumber("rows_hourly", RowsHourly);
        json.WriteNumber("rows_daily", RowsDaily);
        json.WriteNumber("differences", Differences.Count);
        json.WriteNumber("seconds", Math.Round(Duration.TotalSeconds, 3));
        json.WriteEndObject();
    }
}
