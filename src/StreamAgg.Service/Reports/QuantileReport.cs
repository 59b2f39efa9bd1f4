using System.Text.Json;
using StreamAgg.Core.Time;
using StreamAgg.Service.Output;

namespace StreamAgg.Service.Reports;

/// <summary>A quantile of durations over a range of hours and a set of labels.</summary>
/// <param name="Q">0 to 1.</param>
/// <param name="Value">Milliseconds; null where no event had a duration.</param>
/// <param name="RankErrorBound">By how much of the count the value's rank can differ from Q's; 0 where it is exact.</param>
/// <param name="From">The start of the first hour that was read; null where the range was open and nothing is stored.</param>
/// <param name="To">The end of the last one, exclusive.</param>
/// <param name="Platforms">Those asked for, or those found where none was.</param>
internal sealed record QuantileReport(
    double Q, double? Value, double? RankErrorBound, long Count, Instant? From, Instant? To, IReadOnlyList<string> Platforms)
{
    public void WriteJson(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteNumber("q", Q);
        json.WriteOrNull("value", Value);
        json.WriteOrNull("rank_error_bound", RankErrorBound);
        json.WriteNumber("count", Count);
        json.WriteOrNull("from", From);
        json.WriteOrNull("to", To);
        json.WriteStartArray("platforms");
        foreach (string platform in Platforms)
            json.WriteStringValue(platform);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
