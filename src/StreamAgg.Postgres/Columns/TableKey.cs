using StreamAgg.Core.Aggregation;

namespace StreamAgg.Postgres.Columns;

/// <summary>The key of a published table: its bucket, and a column for each dimension, which together are the label of the state.</summary>
/// <param name="table">Which.</param>
/// <param name="publishSchema">Where it lies, unless it is the state's.</param>
internal sealed class TableKey(RowTable table, string publishSchema)
{
    private readonly string[] dimensions = [.. table.Dimensions.Select(SqlIdentifier.Quote)];

    /// <summary>The table with its schema.</summary>
    public string Table { get; } = $"{(table.IsOfState ? "streamagg" : SqlIdentifier.Quote(publishSchema))}.{table.Name}";

    /// <summary>Of the state's, a condition on <c>t</c> that leaves this pipeline's rows; else true.</summary>
    public string IsOurs { get; } = table.IsOfState ? "t.pipeline = @pipeline" : "true";

    /// <summary>What a statement inserts into and looks for conflicts in.</summary>
    public string Columns => Leading("pipeline") + string.Join(", ", dimensions.Prepend(table.BucketColumn));

    /// <summary>The values of <see cref="Columns"/>, of a row <c>v</c> of buckets and labels.</summary>
    public string Values => Leading("@pipeline")
        + string.Join(", ", dimensions.Select((_, place) => DimensionOf("v.label", place)).Prepend("v.bucket"));

    /// <summary>The label of a row <c>t</c> of the table.</summary>
    public string Label => dimensions.Length switch
    {
        0 => "''::text",
        1 => $"t.{dimensions[0]}",
        _ => string.Join(" || chr(31) || ", dimensions.Select(column =>
            $"replace(replace(t.{column}, chr(30), chr(30) || '2'), chr(31), chr(30) || '1')")),
    };

    /// <summary>The columns of <see cref="Columns"/> of a row <c>t</c> that tell its rows apart, in the order of the key.</summary>
    public string Order => string.Join(", ", dimensions.Prepend(table.BucketColumn).Select(column => $"t.{column}"));

    /// <summary>A row <c>t</c>'s column of a dimension.</summary>
    public string this[int place] => $"t.{dimensions[place]}";

    /// <summary>That a row <c>t</c> of the table has the bucket and the label of a row <c>v</c>.</summary>
    public string Matches(string bucket, string label) => string.Join(
        " AND ",
        dimensions.Select((column, place) => $"t.{column} = {DimensionOf(label, place)}")
            .Prepend($"t.{table.BucketColumn} = {bucket}").Prepend(IsOurs));

    private string DimensionOf(string label, int place) => dimensions.Length == 1
        ? label
        : $"replace(replace(split_part({label}, chr(31), {place + 1}), chr(30) || '1', chr(31)), chr(30) || '2', chr(30))";

    private string Leading(string text) => table.IsOfState ? $"{text}, " : "";
}
