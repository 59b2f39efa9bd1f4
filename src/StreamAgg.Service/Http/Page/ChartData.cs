using System.Text;
using System.Text.Json;
using StreamAgg.Core.Time;
using StreamAgg.Postgres.Queries;
using StreamAgg.Service.Output;

namespace StreamAgg.Service.Http.Page;

/// <summary>What the charts draw, in the page itself: they show what the tiles say.</summary>
internal static class ChartData
{
    /// <summary>As text that may stand in a script element: no end of one can be in it.</summary>
    public static string Of(PageView view, IReadOnlyList<PlatformView> platforms, Labels labels) => Encoding.UTF8.GetString(
        JsonText.Encode(json => Write(json, view, platforms, labels)).Span).Replace("<", "\\u003c", StringComparison.Ordinal);

    private static void Write(Utf8JsonWriter json, PageView view, IReadOnlyList<PlatformView> platforms, Labels labels)
    {
        var buckets = view.Buckets();
        var provisional = view.Rows.Rows.Where(row => row.IsProvisional).Select(row => row.Row.Start).ToHashSet();
        json.WriteStartObject();
        json.WriteBoolean("days", view.Range.HasDays);
        Array("starts", buckets, start => json.WriteNumberValue(start.ToUnixMilliseconds() / 1000));
        Array("open", buckets, start => json.WriteBooleanValue(provisional.Contains(start)));
        Array("platforms", platforms, platform =>
        {
            var rows = platform.Rows.ToDictionary(row => row.Row.Start);
            json.WriteStartObject();
            json.WriteString("label", labels.Text(platform.Label));
            json.WriteNumber("colour", Labels.Colour(platform.Label));
            json.WriteNumber("dash", Labels.Dash(platform.Label));
            // A bucket without traffic is null everywhere: it has no rate and no latency.
            Array("requests", buckets, start => Number(rows.GetValueOrDefault(start)?.Row.Requests()));
            Array("errors", buckets, start => Number(rows.GetValueOrDefault(start)?.Row.ErrorRate()));
            Array("quantiles", PageView.Quantiles.Index().ToList(), quantile => ArrayValue(
                buckets, start => Number(rows.GetValueOrDefault(start)?.Latencies?.QuantilesMs[quantile.Index])));
            json.WriteEndObject();
        });
        Array("bins", buckets, start => ArrayValue(Bins(platforms, start), bin => json.WriteNumberValue(bin)));
        json.WriteNumber("binsADecade", Latencies.BinsADecade);
        json.WriteEndObject();

        void Array<T>(string name, IReadOnlyList<T> items, Action<T> write)
        {
            json.WritePropertyName(name);
            ArrayValue(items, write);
        }

        void ArrayValue<T>(IReadOnlyList<T> items, Action<T> write)
        {
            json.WriteStartArray();
            foreach (var item in items)
                write(item);
            json.WriteEndArray();
        }

        void Number(double? value)
        {
            if (value is { } known)
                json.WriteNumberValue(Math.Round(known, 3));
            else
                json.WriteNullValue();
        }
    }

    private static long[] Bins(IReadOnlyList<PlatformView> platforms, Instant start)
    {
        long[] bins = new long[Latencies.BinCount];
        foreach (var latencies in platforms.SelectMany(platform => platform.Rows).Where(row => row.Row.Start == start).Select(row => row.Latencies))
        {
            for (int bin = 0; bin < (latencies?.Bins.Count ?? 0); bin++)
                bins[bin] += latencies!.Bins[bin];
        }

        return bins;
    }
}
