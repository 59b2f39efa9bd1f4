using StreamAgg.Core.Rollups;

namespace StreamAgg.Core.Aggregation;

/// <summary>A table that people read.</summary>
/// <param name="Name">In its schema.</param>
/// <param name="IsDaily">True where its rows are days, false where they are hours.</param>
/// <param name="Figures">The columns behind the key.</param>
/// <param name="IsOfState">
/// True where it lies in the state's schema, led by the pipeline as all there is; else in the one that is published into.
/// </param>
public sealed record RowTable(string Name, bool IsDaily, IReadOnlyList<Figure> Figures, bool IsOfState = false)
{
    public static readonly RowTable Hourly = new("ops_metrics_hourly", false, Aggregation.Figures.Basic),
        Daily = new("ops_metrics_daily", true, Aggregation.Figures.Basic),
        PlatformHourly = new("platform_hourly", false, Aggregation.Figures.All, IsOfState: true),
        PlatformDaily = new("platform_daily", true, Aggregation.Figures.All, IsOfState: true);

    /// <summary>The tables that a rollup is published into.</summary>
    public static IReadOnlyList<RowTable> Of(Rollup rollup, bool isDaily) => rollup.Name == Rollup.Platform
        ? isDaily ? [Daily, PlatformDaily] : [Hourly, PlatformHourly]
        :
        [
            new($"ops_metrics_{rollup.Name}_{(isDaily ? "daily" : "hourly")}", isDaily, Aggregation.Figures.All) { Dimensions = rollup.Dimensions },
        ];

    /// <summary>The columns of its key behind the bucket.</summary>
    public IReadOnlyList<string> Dimensions { get; init; } = [Rollup.Platform];

    private readonly Dictionary<string, int> places = Figures.Select((figure, place) => (figure.Column, place)).ToDictionary();

    /// <summary>The first of its key.</summary>
    public string BucketColumn => IsDaily ? "bucket_date" : "bucket_start";

    /// <summary>That column's, as PostgreSQL writes it.</summary>
    public string BucketType => IsDaily ? "date" : Aggregation.Figures.Time;

    /// <summary>True where it has this column behind its key.</summary>
    public bool Has(string column) => places.ContainsKey(column);

    /// <summary>Where a column's value stands among a row's.</summary>
    public int PlaceOf(string column) => places[column];

    /// <summary>A row's bucket as JSON and CSV show it.</summary>
    public string BucketOf(PublishedRow row) => IsDaily ? row.Start.Hour.Day.ToString() : row.Start.ToString();

    /// <summary>In a line for a person.</summary>
    public override string ToString() => IsDaily ? "Daily" : "Hourly";
}
