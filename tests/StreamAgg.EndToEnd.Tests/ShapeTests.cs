using System.Text.Json;
using StreamAgg.EndToEnd.Tests.Harness;

namespace StreamAgg.EndToEnd.Tests;

/// <summary>Topics that were not made for this service: requests of both kinds in one, events within envelopes, records without an event.</summary>
public sealed class ShapeTests
{
    private static readonly (string Key, string Value)[] Mapping =
    [
        ("Events:Requests:Root", "payload.after"),
        ("Events:Requests:Fields:created_at", "at"),
        ("Events:Requests:Fields:platform", "model.vendor"),
        ("Events:Requests:Fields:duration_ms", "response.seconds"),
        ("Events:Requests:Fields:status_code", "response.status"),
        ("Events:DurationUnit", "s"),
    ];

    [Fact]
    public async Task A_captured_table_of_requests_becomes_rows_beside_a_topic_of_errors()
    {
        await using var deployment = await Deployment.CreateAsync(partitions: 1, settings: Mapping);
        string requests = deployment.UsageTopic;
        (deployment.Settings["Kafka:UsageTopic"], deployment.Settings["Kafka:RequestTopic"]) = ("", requests);
        var service = deployment.Run();
        // The row was deleted: its last state is told, then nothing is.
        deployment.Events.SendRaw(requests, """{"payload":{"op":"d","before":{"at":"2024-03-09T22:00:00Z","model":{"vendor":"gone"}},"after":null}}""");
        deployment.Events.SendRaw((byte[]?)null);
        deployment.Events.SendRaw(requests, """{"schema":{},"payload":null} {"databaseName":"d","ddl":"CREATE TABLE requests ()"}""");
        for (int i = 0; i < 60; i++)
        {
            string row = Row("openai", 200, $"0.{i:000}");
            deployment.Events.SendRaw(requests, i % 2 == 0 ? Envelope(row) : Envelope(JsonSerializer.Serialize(row)));
            deployment.Recount.Add([GatewayEvent.Usage(SteadyTraffic.Evening, "openai", i)]);
        }
        foreach (int status in (int[])[429, 504])
        {
            deployment.Events.SendRaw(requests, Envelope(Row("gemini", status, "9")));
            deployment.Recount.Add([GatewayEvent.Error(SteadyTraffic.Evening, "gemini", status)]);
        }
        deployment.Events.SendRaw(requests, Envelope(Row("openai", 200, "\"slow\"")));
        deployment.Events.SendRaw(requests, """{"payload":"no JSON"}""");
        deployment.Events.SendRaw(requests, Envelope("""{"id":7}"""));
        deployment.Events.Send(0, GatewayEvent.Error(SteadyTraffic.Evening, "openai", 500));

        await deployment.AssertExactAsync();

        JsonElement status1 = await deployment.JsonOfAsync("status");
        Assert.Equal(4, status1.GetProperty("skipped").GetInt64());
        Assert.Equal(
            ["bad_field:duration_ms 1", "not_an_object 1", "unknown_shape 1"],
            status1.GetProperty("refused").GetProperty("reasons").EnumerateObject().Select(reason => $"{reason.Name} {reason.Value}").Order(StringComparer.Ordinal));
        Assert.Equal(66, status1.GetProperty("refused").GetProperty("read_total").GetInt64());
        Assert.Equal(
            [(requests, 65L), (requests, 66L), (requests, 67L)],
            (await deployment.JsonOfAsync("dead-letters", "list")).EnumerateArray()
                .Select(letter => (letter.GetProperty("topic").GetString()!, letter.GetProperty("offset").GetInt64())).Order());
        Assert.Equal("request", (await deployment.JsonOfAsync("dead-letters", "show", requests, "0", "65"))[0].GetProperty("kind").GetString());

        // The one that only its duration spoils counts once another field is named; the others still do not.
        deployment.Settings["Events:Requests:Fields:duration_ms"] = "response.none";
        JsonElement replayed = await deployment.JsonOfAsync("dead-letters", "replay");
        Assert.Equal((3, 1), (replayed.GetProperty("letters").GetInt32(), replayed.GetProperty("counted").GetInt32()));
        deployment.Recount.Add([GatewayEvent.Usage(SteadyTraffic.Evening, "openai")]);
        await deployment.AssertExactAsync();
        deployment.Settings["Events:Requests:Fields:duration_ms"] = "response.seconds";
        await deployment.OutputAsync(0, "rebuild", "--from", "2024-03-09T00:00:00Z", "--to", "2024-03-10T00:00:00Z");
        await deployment.AssertExactAsync();
        using JsonDocument right = JsonDocument.Parse(await deployment.OutputAsync(0, "verify", "--against", "log", "--json"));
        Assert.Equal(64, right.RootElement.GetProperty("events").GetInt32());
        Assert.Equal(0, await service.StopAsync());
    }

    [Fact]
    public async Task A_generated_topic_of_requests_alone_is_counted_as_it_was_made()
    {
        await using var deployment = await Deployment.CreateAsync(partitions: 1);
        string requests = deployment.UsageTopic;
        foreach (var (key, value) in (ReadOnlySpan<(string, string)>)[("Kafka:UsageTopic", ""), ("Kafka:ErrorTopic", ""), ("Kafka:RequestTopic", requests)])
            deployment.Settings[key] = value;
        // Of a whole day: of the hours before dawn alone there are less than that many, and the rest would be waited for.
        JsonElement made = await deployment.JsonOfAsync("generate", "--from", "24h", "--rate", "0.5", "--count", "3000", "--speed", "1000000");
        var service = deployment.Run();
        long produced = made.GetProperty("produced").GetInt64();
        await deployment.WaitAsync(
            async () => await deployment.ScalarAsync("SELECT coalesce(sum(events), 0) FROM streamagg.event_tally WHERE outcome IN ('accepted', 'refused')") == produced,
            () => $"{produced} events");
        using JsonDocument right = JsonDocument.Parse(await deployment.OutputAsync(0, "verify", "--against", "log", "--json"));
        Assert.Equal(0, right.RootElement.GetProperty("differences").GetInt32());
        long failed = await deployment.ScalarAsync(
            "SELECT coalesce(sum(error_count), 0) FROM (SELECT error_count FROM streamagg.partial UNION ALL SELECT error_count FROM streamagg.hour_sketch) counted");
        Assert.True(failed > 0, "requests that failed");
        Assert.Equal(0, await service.StopAsync());
    }

    private static string Envelope(string row) => $$$"""{"schema":null,"payload":{"before":null,"after":{{{row}}},"op":"c"}}""";

    private static string Row(string vendor, int status, string seconds) =>
        $$$"""{"at":"2024-03-09T22:00:00Z","model":{"vendor":"{{{vendor}}}"},"response":{"status":{{{status}}},"seconds":{{{seconds}}}}}""";
}
