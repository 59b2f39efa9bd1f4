using System.Globalization;
using System.Text;
using StreamAgg.Core.Events;
using StreamAgg.Core.Time;

namespace StreamAgg.Traffic.Generating;

/// <summary>Writes what must be refused, whatever the configuration.</summary>
internal sealed class PoisonWriter(SeededRandom random, StringBuilder text, EventWriter writer)
{
    private static readonly string[] NotObjects = ["null", "42", "\"event\"", "true", "[\"event\"]"];

    private static readonly string[] BadUsageFields = [
        "\"duration_ms\":\"12ms\"", "\"duration_ms\":\"1,200\"", "\"duration_ms\":true", "\"duration_ms\":{}"];

    private static readonly string[] BadErrorFields = [
        "\"status_code\":\"504, 502\"", "\"status_code\":429.5", "\"is_timeout\":\"yes\"", "\"is_timeout\":2"];

    private static readonly string[] BadSharedFields =
    [
        "\"platform\":true", "\"group_platform\":{}", "\"account_platform\":false", "\"platform\":\"\\ud83d\"", "\"platform\":\"a\\u0000b\"",
        "\"created_at\":\"2025-01-31T10:00:00\"", "\"created_at\":\"2025-02-30T10:00:00Z\"", "\"created_at\":\"yesterday\"",
        "\"created_at\":1738317600.25", "\"created_at\":1738317600", "\"created_at\":\"2025-01-31 10:00:00+8\"",
        "\"created_at\":\"1999-12-31T23:59:59.999Z\"", "\"created_at\":0", "\"created_at\":true",
    ];

    /// <summary>One event that is refused while its neighbours count.</summary>
    public void WriteEvent(EventKind kind, Instant recordTime)
    {
        double way = random.NextUnit();
        if (way < 0.2)
        {
            text.Append(random.Pick<string>(NotObjects));
            return;
        }
        writer.Open();
        text.Append(',');
        if (way < 0.25)
            text.Append("\"payload\":{\"platform\":\"openai\"},\"op\":\"c\"");
        else if (way < 0.4)
            text.Append(random.Pick<string>(kind == EventKind.Usage ? BadUsageFields : BadErrorFields));
        else if (way < 0.75)
            text.Append(random.Pick<string>(BadSharedFields));
        else if (way < 0.85)
            text.Append("\"platform\":\"").Append('é', 51 + random.Below(100)).Append('"');
        else
        {
            // Further ahead than any MaxFuture: that is a day at most.
            Instant future = recordTime + TimeSpan.FromHours(25 + random.Below(2000));
            text.Append(CultureInfo.InvariantCulture, $"\"created_at\":\"{future}\"");
        }
        writer.Close();
    }

    /// <summary>Makes a record one that is refused whole.</summary>
    public byte[] Spoil(byte[] value) => random.Below(6) switch
    {
        0 => [],
        1 => [0xEF, 0xBB, 0xBF, .. value],
        2 => [.. value, (byte)'}'],
        3 => [.. value, .. " {\"model\":\""u8, 0xFF, .. "\"}"u8],
        4 => "{\"request_id\":\"req_1\",\"platform\":\"openai\",}"u8.ToArray(),
        // The producer died while it wrote.
        _ => [.. value, .. "{\"request_id\":\"req_"u8],
    };
}
