using System.Text.Json;

namespace StreamAgg.Benchmarks.Reporting;

/// <summary>The committed ratios: by benchmark, and there by the figure's name.</summary>
/// <remarks>Ratios and no times: what is measured in turns bears another machine, and a busy one.</remarks>
internal sealed class Ratios(IReadOnlyDictionary<string, Dictionary<string, double>> committed)
{
    /// <exception cref="JsonException">It is not such a file.</exception>
    public static Ratios Parse(string json) => new(JsonSerializer.Deserialize<Dictionary<string, Dictionary<string, double>>>(json)!);

    /// <summary>Those that the benchmarks were built with.</summary>
    public static Ratios Committed() => Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "ratios.json")));

    public double? Of(string benchmark, string figure) =>
        committed.TryGetValue(benchmark, out var figures) && figures.TryGetValue(figure, out double ratio) ? ratio : null;
}
