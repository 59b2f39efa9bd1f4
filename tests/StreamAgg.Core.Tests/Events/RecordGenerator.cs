using System.Text;

namespace StreamAgg.Core.Tests.Events;

/// <summary>Records of every shape from a seed, a good part of them wrong in some way.</summary>
internal sealed class RecordGenerator(int seed)
{
    private static readonly string[] Names =
    [
        "created_at", "platform", "group_platform", "account_platform", "duration_ms", "status_code", "error_type", "error_message", "is_timeout", "success",
        "model", "platforms", "", "request_id", "\\ud800", "pl\\u0061tform", "dur\\u0061tion_ms", "is\\u005Ftimeout",
    ];

    private static readonly string[] Times =
    [
        "\"2025-01-31T09:59:59Z\"", "\"2025-01-31 09:59:59.123456789+05:30\"", "\"2025-01-31t10:05:00z\"", "\"2025-01-31T10:05:00.0000001Z\"",
        "\"2024-12-31T23:59:60.999Z\"", "\"2025-02-30T00:00:00Z\"", "\"2025-01-31T09:59:59\"", "\"0000-02-29T00:00:00Z\"", "\"9999-12-31T23:59:59-23:59\"",
        "\"2025-01-31T24:00:00Z\"", "\"1999-12-31T23:59:59.9999999Z\"", "\"2025-01-31T09:59:59.Z\"", "\"2025\\u002d01-31T09:59:59Z\"",
        "\"2025-01-31T09:59:59+0800\"", "\"2025-01-31 09:59:59.25-08\"", "\"2025-01-31T09:59:59+8\"", "\"2025-01-31T09:59:59+2400\"", "\"2025-01-31T09:59:59.5+00\"",
        "\"1738317540000\"", "\"1738317540.25\"", "1738317540.123456789", "1738317540123456", "1738317540123456789", "\"1738317540123456789\"", "\"17383175e5\"", "\"01\"", "\"1 \"",
        "1738317540000", "1738317900001", "1.7383175e12", "-1", "1e300", "946684800000", "946684799999", "1738317540000.5",
    ];

    private static readonly string[] Texts =
    [
        "\"openai\"", "\"anthropic\"", "\"é中😀\"", "\"\\u00e9\\ud83d\\ude00\"", "\"\\ud83d\"", "\"a\\u0000\"", "\" \"", "\" OpenAI\\t\"", "\"\\u0020\\n\"", "\"\\u0085x\u00A0\"", "\"ÀÉ İSTANBUL Ⱥ\u212A 𐐀\"", "17", "-1.50E+2", "\"Request timed out.\"", "\"TIMED_OUT\"", "\"TimedOut\"",
        "{\"a\":\"timeout\"}", "[\"deadline exceeded\",[1]]", "[1,{\"tim\\u0065out\":1}]", "\"timeout\"", "\"timeout_error\"",
        "\"context DEADLINE exceeded\"", "\"no time out\"", "\"request tim\\u0065out\"", "\"" + new string('x', 50) + "\"", "\"" + new string('é', 51) + "\"", "\"a\\\\\\\"b\"",
    ];

    private static readonly string[] Flags = ["true", "false", "null", "\"\"", "\"TRUE\"", "\"False\"", "1", "0", "1.0", "-0", "\"1\"", "\"0\"", "\"1.0\"", "\"yes\"", "2"];

    private static readonly string[] Scalars =
    [
        "408", "504", "\"504\"", "\"502\"", "\"504, 502\"", "\"-1\"", "\"912.4\"", "\"+1\"", "\" 5\"", "\"0x10\"", "\"1e3\"",
        "null", "\"\"", "true", "false", "0", "-0.0", "429", "4.29e2", "503.0", "503.5", "1e400", "-1e-400", "12.3455", "0.0005", "86400000", "86400000.0001",
        "-0.1", "99999999999999999999", "{}", "[]", "[null,{\"platform\":5}]", "{\"created_at\":{}}",
    ];

    private readonly Random random = new(seed);

    public byte[] Next()
    {
        byte[] record = Encoding.UTF8.GetBytes(Record());
        // A schema registry's frame.
        if (random.Next(10) == 0)
            record = [0, (byte)random.Next(256), (byte)random.Next(256), (byte)random.Next(256), (byte)random.Next(256), .. record];
        for (int mutations = random.Next(4) == 0 ? random.Next(1, 4) : 0; mutations > 0 && record.Length > 0; mutations--)
            record = Mutate(record);
        return record;
    }

    private string Record()
    {
        // Now and then more than are refused one by one.
        int count = random.Next(100) == 0 ? random.Next(80, 400) : random.Next(1, 5);
        string[] events = [.. Enumerable.Range(0, count).Select(_ => Event())];
        return random.Next(4) switch
        {
            0 => events[0],
            1 => "[" + string.Join(Space() + "," + Space(), events) + "]",
            2 => string.Join(" ", events) + Space(),
            _ => Space() + "[" + string.Join(',', events) + "]\n[]" + Event(),
        };
    }

    private string Event() =>
        random.Next(20) == 0 ? Pick(Scalars)
        : "{" + Space() + string.Join("," + Space(), Enumerable.Range(0, random.Next(8)).Select(_ => Field())) + "}";

    private string Field()
    {
        string name = Pick(Names);
        string value = random.Next(10) switch
        {
            0 => Pick(Scalars),
            1 => Pick([.. Times, .. Texts]),
            _ => name switch
            {
                "created_at" => Pick(Times),
                "duration_ms" or "dur\\u0061tion_ms" => random.Next(2) == 0 ? Pick(Scalars) : Number(),
                "status_code" => random.Next(2) == 0 ? Pick(Scalars) : random.Next(200, 700).ToString(),
                "success" or "is_timeout" or "is\\u005Ftimeout" => Pick(Flags),
                _ => Pick(Texts),
            },
        };
        return $"\"{name}\"{Space()}:{Space()}{value}";
    }

    private string Number() =>
        $"{random.NextInt64(1L << random.Next(1, 50))}{(random.Next(2) == 0 ? "" : "." + random.NextInt64(1L << random.Next(1, 60)))}{(random.Next(3) == 0 ? "E" + random.Next(-20, 9) : "")}";

    private string Space() => random.Next(5) == 0 ? Pick([" ", "\n", "\t\r\n  "]) : "";

    private byte[] Mutate(byte[] record)
    {
        int at = random.Next(record.Length);
        byte other = random.Next(2) == 0 ? (byte)random.Next(256) : (byte)Pick(["{", "}", "[", "]", "\"", ",", ":", "\\", " ", "0", "-"])[0];
        return random.Next(4) switch
        {
            0 => [.. record[..at], .. record[(at + 1)..]],
            1 => [.. record[..at], other, .. record[at..]],
            2 => [.. record[..at], other, .. record[(at + 1)..]],
            _ => record[..at],
        };
    }

    private T Pick<T>(T[] from) => from[random.Next(from.Length)];
}
