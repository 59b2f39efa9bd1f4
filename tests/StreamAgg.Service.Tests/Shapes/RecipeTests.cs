using System.Globalization;
using System.Text;
using Microsoft.Extensions.Configuration;
using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Events;
using StreamAgg.Core.Time;
using StreamAgg.Service.Configuration;
using StreamAgg.Service.Tests.Conventions;
using Xunit;

namespace StreamAgg.Service.Tests.Shapes;

/// <summary>
/// The recipes of docs/shapes.md, read from that page: the settings that are to be copied, the records, the rows that come out. Sources of the
/// records: Debezium's PostgreSQL connector (debezium.io, "Data change events"), LiteLLM's "StandardLoggingPayload Specification"
/// (docs.litellm.ai), Envoy's "Access logging" with the names of Istio's "Envoy Access Logs", nginx's ngx_http_log_module, and what a collector
/// wrote of the semantic conventions' gen_ai spans.
/// </summary>
public class RecipeTests
{
    private static readonly Instant RecordTime = Instant.FromUtc(new DateTime(2026, 1, 5, 11, 0, 0, DateTimeKind.Utc));

    public static TheoryData<string> Recipes { get; } = [.. Sources.Read("docs/shapes.md").Split("\n## ").Skip(1).Select(section => section.Split('\n')[0])];

    [Theory]
    [MemberData(nameof(Recipes))]
    public void A_recipe_s_records_become_its_rows(string title)
    {
        string section = Sources.Read("docs/shapes.md").Split("\n## ").Single(one => one.StartsWith(title + "\n", StringComparison.Ordinal));
        string[] records = [.. Block(section, "```json\n").Split('\n', StringSplitOptions.RemoveEmptyEntries)];
        string[] rows = [.. section.Split('\n').Where(line => line.StartsWith("| 20", StringComparison.Ordinal))];
        Assert.NotEmpty(rows);

        Assert.Equal(rows, RowsOf(Settings(Block(section, "\n```\n")), records, out EventDecoder last));
        Assert.Equal(title == "Debezium" ? 1 : 0, last.Skipped);
    }

    [Fact]
    public void The_recipes_are_those_that_are_promised() =>
        Assert.Equal(["Debezium", "LiteLLM", "Envoy", "nginx", "OpenTelemetry collector"], Recipes.Select(recipe => recipe.Data));

    /// <summary>As Debezium's documentation has them, without a schema (`schemas.enable=false`).</summary>
    [Theory]
    [InlineData("""{"before":null,"after":{"id":1,"created_at":"2026-01-05T10:20:30.123456Z","provider":"openai","latency_ms":5},"source":{"ts_ms":1767608431000,"snapshot":"first"},"op":"r","ts_ms":1767608431100}""", 1, 0)]
    [InlineData("""{"before":{"id":1,"created_at":"1970-01-01T00:00:00Z","provider":""},"after":{"id":1,"created_at":"2026-01-05T10:20:30Z","provider":"openai"},"op":"u","ts_ms":1767608431100}""", 1, 0)]
    [InlineData("""{"before":{"id":1},"after":null,"source":{"lsn":24023128},"op":"d","ts_ms":1767608431100}""", 0, 1)]
    [InlineData("""{"op":"t","ts_ms":1767608431100,"source":{"table":"requests"}}""", 0, 1)]
    [InlineData(null, 0, 1)]
    public void Each_kind_of_change_is_an_event_or_skipped(string? record, int accepted, int skipped)
    {
        var settings = Settings("export StreamAgg__Events__Requests__Root=after StreamAgg__Events__Requests__Fields__platform=provider StreamAgg__Events__Requests__Fields__duration_ms=latency_ms");
        var decoder = new EventDecoder(settings.Pipeline.MaxFuture, settings.Pipeline.Events);
        decoder.Decode(EventKind.Request, Encoding.UTF8.GetBytes(record ?? ""), RecordTime.ToUnixMilliseconds(), isTombstone: record is null);
        Assert.Equal((accepted, 0, skipped), (decoder.Accepted.Length, decoder.RefusedEvents, decoder.Skipped));
    }

    private static List<string> RowsOf(Settings settings, string[] records, out EventDecoder decoder)
    {
        decoder = new EventDecoder(settings.Pipeline.MaxFuture, settings.Pipeline.Events);
        var buckets = new SortedDictionary<string, BucketTotals>(StringComparer.Ordinal);
        foreach (string record in records)
        {
            decoder.Decode(EventKind.Request, Encoding.UTF8.GetBytes(record), RecordTime.ToUnixMilliseconds());
            Assert.Empty(decoder.Refused.ToArray());
            foreach (ref readonly DecodedEvent e in decoder.Accepted)
            {
                string key = $"{e.Time.Hour.Start} | {Encoding.UTF8.GetString(decoder.Label(e))}";
                BucketTotals totals = buckets.GetValueOrDefault(key);
                totals.Count(e);
                buckets[key] = totals;
            }
        }
        return [.. buckets.Select(bucket => Row(bucket.Key, bucket.Value))];
    }

    private static string Row(string key, BucketTotals t) => string.Create(
        CultureInfo.InvariantCulture,
        $"| {key} | {t.RequestCount} | {t.SuccessCount} | {t.ErrorCount} | {t.Error4xxCount} | {t.Error5xxCount} | {t.TimeoutCount} | {t.MeanMilliseconds}{(t.MeanMilliseconds is null ? "" : " ")}|");

    /// <summary>As a shell would export them.</summary>
    private static Settings Settings(string exports)
    {
        var pairs = exports.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Where(word => word != "export")
            .Select(word => word.Split('=', 2)).Select(pair => KeyValuePair.Create(pair[0].Replace("__", ":", StringComparison.Ordinal), (string?)pair[1].Trim('\'')));
        return SettingsBinder.Bind(new ConfigurationBuilder().AddInMemoryCollection(pairs).Build());
    }

    private static string Block(string section, string begin)
    {
        int start = section.IndexOf(begin + (begin.EndsWith("json\n", StringComparison.Ordinal) ? "" : "export"), StringComparison.Ordinal) + begin.Length;
        return section[start..section.IndexOf("\n```", start, StringComparison.Ordinal)];
    }
}
