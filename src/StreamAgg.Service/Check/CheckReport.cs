using System.Text.Json;

namespace StreamAgg.Service.Check;

/// <summary>What was found of every precondition, and what was sampled.</summary>
/// <param name="Lines">In the order in which they were asked for.</param>
/// <param name="Samples">Null where none was asked for.</param>
internal sealed record CheckReport(IReadOnlyList<CheckLine> Lines, IReadOnlyList<SampleReport>? Samples)
{
    /// <summary>What keeps <c>run</c> from its work, one line; null where nothing does.</summary>
    public string? Fault
    {
        get
        {
            var failed = Lines.Where(line => !line.Finding.IsOk).ToList();
            if (failed.Count > 0)
            {
                string names = string.Join(", ", failed.Where(line => !line.Finding.IsWaiting).Select(line => line.Name));
                return $"{failed.Count} of {Lines.Count} preconditions do not hold: see to {names} first.";
            }

            return Samples?.FirstOrDefault(sample => sample.NotRead is not null) is { } unread
                ? $"{unread.Topic} could not be sampled: {unread.NotRead}" : null;
        }
    }

    public void WriteJson(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteStartArray("checks");
        foreach (var (name, finding) in Lines)
        {
            json.WriteStartObject();
            json.WriteString("name", name);
            json.WriteBoolean("ok", finding.IsOk);
            json.WriteString("detail", finding.Detail);
            json.WriteString("remedy", finding.Remedy.Length > 0 ? finding.Remedy : null);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (Samples is not null)
        {
            json.WriteStartArray("samples");
            foreach (var sample in Samples)
                sample.WriteJson(json);
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    /// <summary>A line each, and the remedy under what failed by itself: what waits for that is mended by it.</summary>
    public void Write(TextWriter output)
    {
        int width = Lines.Max(line => line.Name.Length);
        foreach (var (name, finding) in Lines)
        {
            output.WriteLine($"{(finding.IsWaiting ? "waits " : finding.IsOk ? "ok    " : "FAILED")}  {name.PadRight(width)}  {finding.Detail}");
            if (finding is { IsWaiting: false, Remedy.Length: > 0 })
                output.WriteLine($"        {finding.Remedy}");
        }

        foreach (var sample in Samples ?? [])
        {
            output.WriteLine();
            sample.Write(output);
        }
    }
}
