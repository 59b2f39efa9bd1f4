using Npgsql;
using StreamAgg.Core.Aggregation;

namespace StreamAgg.Postgres.Columns;

/// <summary>The columns that hold a <see cref="BucketTotals"/>, the same in every table of the state: measures, and four of each spread.</summary>
/// <remarks>
/// A spread's sum is <c>numeric</c>: 1e12 durations of a day each are 8.64e22 microseconds, more than 64 bits hold. min and max are null where
/// there is none.
/// </remarks>
internal static class TotalsColumns
{
    private const string Min = "_min_micros", Max = "_max_micros";

    private static readonly string[] Measured = [.. Measures.All.Select(measure => measure.Column)];

    private static readonly string[] Columns =
    [
        .. Measured,
        .. Spreads.All.SelectMany(spread => (string[])[$"{spread.Name}_count", $"{spread.Name}_sum_micros", spread.Name + Min, spread.Name + Max]),
    ];

    public static readonly int Count = Columns.Length;

    public static readonly string Names = Columns.Each(column => column);

    /// <summary>The arrays that <see cref="Bind"/> gives, for <c>unnest</c>, in the order of <see cref="Names"/>.</summary>
    public static readonly string Arrays = Columns.Each(column => $"@{column}");

    /// <summary>SET list of an upsert that replaces.</summary>
    public static readonly string Replace = Columns.Each(column => $"{column} = EXCLUDED.{column}");

    /// <summary>SET list of an upsert that adds to the row, called <c>b</c>. LEAST and GREATEST ignore nulls.</summary>
    public static readonly string Add = Columns.Each(column =>
        column.EndsWith(Min, StringComparison.Ordinal) ? $"{column} = LEAST(b.{column}, EXCLUDED.{column})"
        : column.EndsWith(Max, StringComparison.Ordinal) ? $"{column} = GREATEST(b.{column}, EXCLUDED.{column})"
        // As in memory a sum stays at the largest there is.
        : Measured.Contains(column) ? $"{column} = LEAST(b.{column}::numeric + EXCLUDED.{column}, {long.MaxValue})::bigint"
        : $"{column} = b.{column} + EXCLUDED.{column}");

    public static void Bind(NpgsqlParameterCollection parameters, BucketTotals[] rows)
    {
        foreach (int place in Enumerable.Range(0, Measures.Length))
            parameters.With(Measured[place], Array.ConvertAll(rows, totals => totals.Counts[place]));
        foreach (int place in Enumerable.Range(0, Spreads.Length))
        {
            string name = Spreads.All[place].Name;
            Spread[] spreads = Array.ConvertAll(rows, totals => totals.Spreads[place]);
            parameters.With($"{name}_count", Array.ConvertAll(spreads, spread => spread.Count))
                .With($"{name}_sum_micros", Array.ConvertAll(spreads, spread => (decimal)spread.SumMicros))
                .With(name + Min, Array.ConvertAll(spreads, spread => spread.Count == 0 ? (long?)null : spread.MinMicros))
                .With(name + Max, Array.ConvertAll(spreads, spread => spread.Count == 0 ? (long?)null : spread.MaxMicros));
        }
    }

    /// <summary>Reads <see cref="Names"/> from <paramref name="ordinal"/> on.</summary>
    public static BucketTotals Read(NpgsqlDataReader row, int ordinal)
    {
        var totals = default(BucketTotals);
        for (int i = 0; i < Measures.Length; i++)
            totals.Counts[i] = row.GetInt64(ordinal++);
        for (int i = 0; i < Spreads.Length; i++, ordinal += 4)
            totals.Spreads[i] = new Spread
            {
                Count = row.GetInt64(ordinal),
                SumMicros = (UInt128)row.GetDecimal(ordinal + 1),
                MinMicros = row.IsDBNull(ordinal + 2) ? 0 : row.GetInt64(ordinal + 2),
                MaxMicros = row.IsDBNull(ordinal + 3) ? 0 : row.GetInt64(ordinal + 3),
            };
        return totals;
    }
}
