namespace StreamAgg.Core.Aggregation;

/// <summary>One of the two tables that people read.</summary>
/// <param name="Name">In the schema that is published into.</param>
/// <param name="BucketColumn">The first of its key, before <c>platform</c>.</param>
/// <param name="BucketType">That column's, as PostgreSQL writes it.</param>
public sealed record RowTable(string Name, string BucketColumn, string BucketType)
{
    public static readonly RowTable Hourly = new("ops_metrics_hourly", "bucket_start", Figures.Time),
        Daily = new("ops_metrics_daily", "bucket_date", "date");

    /// <summary>A row's bucket as JSON and CSV show it.</summary>
    public string BucketOf(PublishedRow row) => this == Daily ? row.Start.Hour.Day.ToString() : row.Start.ToString();

    /// <summary>In a line for a person.</summary>
    public override string ToString() => this == Daily ? "Daily" : "Hourly";
}
