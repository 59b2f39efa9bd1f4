namespace StreamAgg.Benchmarks.Reporting;

/// <summary>What one benchmark has found: how it was set up, ratios, and figures under headings.</summary>
internal sealed class Report(string benchmark, Ratios committed)
{
    private readonly List<string> settings = [];
    private readonly List<Figure> ratios = [];
    private readonly List<Section> sections = [];

    public string Benchmark => benchmark;

    public IReadOnlyList<string> Settings => settings;

    public IReadOnlyList<Figure> Ratios => ratios;

    public IReadOnlyList<Section> Sections => sections;

    public IEnumerable<Figure> Figures => ratios.Concat(sections.SelectMany(section => section.Figures));

    public bool IsPassed => Figures.All(figure => figure.IsGoalMet && !figure.IsRegression);

    /// <summary>A line of what was measured, and with what.</summary>
    public void Setting(string text) => settings.Add(text);

    /// <summary>A heading for the figures that come now. Told at once: a benchmark takes minutes.</summary>
    public void Section(string title)
    {
        Console.Error.WriteLine($"{benchmark}: {title}");
        sections.Add(new Section(title, []));
    }

    /// <summary>Pairs of one run of each, made in turns: each run of the first is divided by the same one of the second.</summary>
    public void Ratio(string name, IReadOnlyList<double> runs, IReadOnlyList<double> others, Goal? goal = null) => ratios.Add(
        new Figure(name, "times", [.. runs.Zip(others, (run, other) => run / other)])
        {
            IsRatio = true,
            Goal = goal,
            Committed = committed.Of(benchmark, name),
        });

    public void Add(string name, IReadOnlyList<double> runs, string unit, Goal? goal = null) =>
        sections[^1].Figures.Add(new Figure(name, unit, runs) { Goal = goal });

    public void Add(string name, double value, string unit, Goal? goal = null) => Add(name, [value], unit, goal);
}

/// <summary>Figures under one heading.</summary>
internal sealed record Section(string Title, List<Figure> Figures);
