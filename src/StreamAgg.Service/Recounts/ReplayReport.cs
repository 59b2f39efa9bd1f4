using System.Globalization;
using System.Text.Json;

namespace StreamAgg.Service.Recounts;

/// <summary>What became of the letters.</summary>
internal sealed record ReplayReport
{
    public required bool IsDryRun { get; init; }

    public long Letters { get; set; }

    /// <summary>Events that count now, or would.</summary>
    public long Counted { get; set; }

    /// <summary>Events that an earlier replay has counted.</summary>
    public long CountedBefore { get; set; }

    /// <summary>Events that today's settings refuse, too.</summary>
    public required IReadOnlyDictionary<string, long> StillRefused { get; init; }

    /// <summary>Letters that can't be replayed, by what is the matter with them.</summary>
    public Dictionary<string, long> Unreadable { get; } = [];

    public void Write(TextWriter output)
    {
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{Letters:#,0} letters: {Counted:#,0} events {(IsDryRun ? "would be " : "")}counted, {CountedBefore:#,0} were counted before, {StillRefused.Values.Sum():#,0} are refused still"));
        foreach (var (reason, events) in StillRefused.OrderByDescending(reason => reason.Value))
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  still refused: {reason} {events:#,0}"));
        foreach (var (why, letters) in Unreadable)
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  not replayed: {letters:#,0} letters, each {why}"));
    }

    public void WriteJson(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteNumber("letters", Letters);
        json.WriteNumber("counted", Counted);
        json.WriteNumber("counted_before", CountedBefore);
        json.WriteBoolean("dry_run", IsDryRun);
        WriteCounts(json, "still_refused", StillRefused);
        WriteCounts(json, "not_replayed", Unreadable);
        json.WriteEndObject();
    }

    private static void WriteCounts(Utf8JsonWriter json, string name, IReadOnlyDictionary<string, long> counts)
    {
        json.WriteStartObject(name);
        foreach (var (reason, count) in counts)
            json.WriteNumber(reason, count);
        json.WriteEndObject();
    }
}
