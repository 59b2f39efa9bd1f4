using System.Text;
using System.Text.Json;
using StreamAgg.EndToEnd.Tests.Harness;

namespace StreamAgg.EndToEnd.Tests;

/// <summary>Records that nobody can count: each is in the dead letters with its reason, and takes no neighbour along.</summary>
public sealed class PoisonTests
{
    internal const string Good = """{"created_at":"2024-03-09T22:00:00Z","platform":"openai","duration_ms":5}""";

    internal static readonly (byte[]? Value, string Reason)[] Records =
    [
        (null, "malformed_json"),
        ([], "malformed_json"),
        (Bytes("{"), "malformed_json"),
        (Bytes($"{Good} nonsense"), "malformed_json"),
        ([0xEF, 0xBB, 0xBF, .. Bytes(Good)], "malformed_json"),
        (Bytes("{\"platform\":\"").Concat(new byte[] { 0xC3, 0x28 }).Concat(Bytes("\"}")).ToArray(), "malformed_json"),
        ([.. Enumerable.Range(0, 5000).Select(i => (byte)(i * 31))], "malformed_json"),
        (Bytes($"{{\"x\":{new string('[', 70)}{new string(']', 70)}}}"), "malformed_json"),
        (Bytes($"{{\"x\":\"{new string('a', 1 << 20)}\"}}"), "too_large"),
    ];

    internal static readonly (string Event, string Reason)[] Events =
    [
        ("null", "not_an_object"),
        ("17", "not_an_object"),
        ("[]", "not_an_object"),
        ("{}", "unknown_shape"),
        ("""{"before":null,"after":{"platform":"a"}}""", "unknown_shape"),
        ("""{"duration_ms":"12ms"}""", "bad_field:duration_ms"),
        ("""{"created_at":"2024-03-09T22:00:00"}""", "bad_field:created_at"),
        ("""{"account_platform":true}""", "bad_field:account_platform"),
        ($$"""{"created_at":"2024-03-09T22:00:00Z","platform":"{{new string('x', 51)}}"}""", "bad_platform"),
        ("""{"created_at":"2024-03-09T22:00:00Z","platform":"a\u0000b"}""", "bad_platform"),
        ("""{"created_at":"1999-12-31T23:59:59Z"}""", "too_old"),
        ("""{"created_at":"2099-01-01T00:00:00Z"}""", "in_future"),
    ];

    [Fact]
    public async Task Poison_of_every_kind_is_kept_with_its_reason_and_its_neighbours_count()
    {
        await using var deployment = await Deployment.CreateAsync(partitions: 1);
        var expected = new List<(string Topic, long Offset, int Index, string Reason)>();
        deployment.Run();
        int offset = 0;
        foreach (var (value, reason) in Records)
        {
            deployment.Events.SendRaw(value);
            expected.Add((deployment.UsageTopic, offset++, -1, reason));
        }

        deployment.Events.SendRaw(deployment.UsageTopic, $"[{string.Join(',', Events.Select(e => $"{Good},{e.Event}"))},{Good}]");
        expected.AddRange(Events.Select((e, i) => (deployment.UsageTopic, (long)offset, (2 * i) + 1, e.Reason)));
        deployment.Events.SendRaw(deployment.ErrorTopic, """{"status_code":"x"} {"is_timeout":"yes"} {"created_at":"2024-03-09T22:00:00Z","status_code":500} {"status_code":5e-1}""");
        expected.AddRange([
            (deployment.ErrorTopic, 0, 0, "bad_field:status_code"), (deployment.ErrorTopic, 0, 1, "bad_field:is_timeout"), (deployment.ErrorTopic, 0, 3, "bad_field:status_code")]);
        // The array was encoded twice, or holds what nobody meant to send: a letter a reason stands for all of them.
        deployment.Events.SendRaw(deployment.UsageTopic, $"[{string.Join(',', Enumerable.Repeat("0", 520_000))},{{\"x\":1}}]");
        expected.AddRange([(deployment.UsageTopic, offset + 1, 0, "not_an_object"), (deployment.UsageTopic, offset + 1, 520_000, "unknown_shape")]);
        deployment.Events.SendRaw(deployment.UsageTopic, $"[{string.Join(',', Enumerable.Repeat(Good, 10_000))}]");
        deployment.Recount.Add(Enumerable.Repeat(GatewayEvent.Usage(SteadyTraffic.Evening, "openai", 5), Events.Length + 1 + 10_000));
        deployment.Recount.Add([GatewayEvent.Error(SteadyTraffic.Evening, "", 500)]);

        await deployment.AssertExactAsync();

        var letters = await deployment.JsonOfAsync("dead-letters", "list");
        var found = letters.EnumerateArray().Select(letter => (
            letter.GetProperty("topic").GetString()!, letter.GetProperty("offset").GetInt64(), EventIndex(letter), letter.GetProperty("reason").GetString()!));
        Assert.Equal(expected.Order(), found.Order());
        Assert.Equal(520_000, letters.EnumerateArray().Max(letter => letter.GetProperty("events").GetInt64()));
    }

    /// <summary>-1 where the whole record is refused.</summary>
    private static int EventIndex(JsonElement letter) => letter.GetProperty("event_index") is { ValueKind: JsonValueKind.Number } index ? index.GetInt32() : -1;

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
