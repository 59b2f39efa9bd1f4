using Npgsql;
using StreamAgg.Core.Aggregation;

namespace StreamAgg.Postgres.Columns;

/// <summary>The columns that hold a <see cref="BucketTotals"/>, the same in every table of the state: measures, and four of the durations.</summary>
/// <remarks>
/// The sum is <c>numeric</c>: 1e12 durations of a day each are 8.64e22 microseconds, more than 64 bits hold. min and max are null where
/// there is none.
/// </remarks>
internal static class TotalsColumns
{
    private const string Durations = "duration_count", Sum = "duration_sum_micros", Min = "duration_min_micros", Max = "duration_max_micros";

    private static readonly string[] Columns = [.. Measures.All.Select(measure => measure.Column), Durations, Sum, Min, Max];

    public static readonly int Count = Columns.Length;

    public static readonly string Names = Columns.Each(column => column);

    /// <summary>The arrays that <see cref="Bind"/> gives, for <c>unnest</c>, in the order of <see cref="Names"/>.</summary>
    public static readonly string Arrays = Columns.Each(column => $"@{column}");

    /// <summary>SET list of an upsert that replaces.</summary>
    public static readonly string Replace = Columns.Each(column => $"{column} = EXCLUDED.{column}");

    /// <summary>SET list of an upsert that adds to the row, called <c>b</c>. LEAST and GREATEST ignore nulls.</summary>
    public static readonly string Add = Columns.Each(column => column switch
    {
        Min => $"{Min} = LEAST(b.{Min}, EXCLUDED.{Min})",
        Max => $"{Max} = GREATEST(b.{Max}, EXCLUDED.{Max})",
        _ => $"{column} = b.{column} + EXCLUDED.{column}",
    });

    public static void Bind(NpgsqlParameterCollection parameters, BucketTotals[] rows)
    {
        foreach (int place in Enumerable.Range(0, Measures.Length))
            parameters.With(Columns[place], Array.ConvertAll(rows, totals => totals.Counts[place]));
        parameters.With(Durations, Array.ConvertAll(rows, totals => totals.DurationCount))
            .With(Sum, Array.ConvertAll(rows, totals => (decimal)totals.DurationSumMicros))
            .With(Min, Array.ConvertAll(rows, totals => totals.DurationCount == 0 ? (long?)null : totals.DurationMinMicros))
            .With(Max, Array.ConvertAll(rows, totals => totals.DurationCount == 0 ? (long?)null : totals.DurationMaxMicros));
    }

    /// <summary>Reads <see cref="Names"/> from <paramref name="ordinal"/> on.</summary>
    public static BucketTotals Read(NpgsqlDataReader row, int ordinal)
    {
        var totals = default(BucketTotals);
        for (int i = 0; i < Measures.Length; i++)
            totals.Counts[i] = row.GetInt64(ordinal++);
        totals.DurationCount = row.GetInt64(ordinal);
        totals.DurationSumMicros = (UInt128)row.GetDecimal(ordinal + 1);
        totals.DurationMinMicros = row.IsDBNull(ordinal + 2) ? 0 : row.GetInt64(ordinal + 2);
        totals.DurationMaxMicros = row.IsDBNull(ordinal + 3) ? 0 : row.GetInt64(ordinal + 3);
        return totals;
    }
}
