using Npgsql;
using StreamAgg.Core.Aggregation;

namespace StreamAgg.Postgres.Columns;

/// <summary>The nine columns that hold a <see cref="BucketTotals"/>, the same in every table of the state.</summary>
/// <remarks>The sum is <c>numeric</c>: 1e12 durations of a day each are 8.64e22 microseconds, more than 64 bits hold. min and max are null where there is none.</remarks>
internal sealed class TotalsColumns(int rows)
{
    public const string Names =
        "success_count, error_count, error_4xx_count, error_5xx_count, timeout_count, duration_count, duration_sum_micros, duration_min_micros, duration_max_micros";

    /// <summary>The arrays that <see cref="Bind"/> gives, for <c>unnest</c>, in the order of <see cref="Names"/>.</summary>
    public const string Arrays = "@success, @error, @error4xx, @error5xx, @timeout, @durations, @sum, @min, @max";

    /// <summary>SET list of an upsert that replaces.</summary>
    public const string Replace =
        """
        success_count = EXCLUDED.success_count, error_count = EXCLUDED.error_count, error_4xx_count = EXCLUDED.error_4xx_count,
          error_5xx_count = EXCLUDED.error_5xx_count, timeout_count = EXCLUDED.timeout_count, duration_count = EXCLUDED.duration_count,
          duration_sum_micros = EXCLUDED.duration_sum_micros, duration_min_micros = EXCLUDED.duration_min_micros,
          duration_max_micros = EXCLUDED.duration_max_micros
        """;

    /// <summary>SET list of an upsert that adds to the row, called <c>b</c>. LEAST and GREATEST ignore nulls.</summary>
    public const string Add =
        """
        success_count = b.success_count + EXCLUDED.success_count, error_count = b.error_count + EXCLUDED.error_count,
          error_4xx_count = b.error_4xx_count + EXCLUDED.error_4xx_count, error_5xx_count = b.error_5xx_count + EXCLUDED.error_5xx_count,
          timeout_count = b.timeout_count + EXCLUDED.timeout_count, duration_count = b.duration_count + EXCLUDED.duration_count,
          duration_sum_micros = b.duration_sum_micros + EXCLUDED.duration_sum_micros,
          duration_min_micros = LEAST(b.duration_min_micros, EXCLUDED.duration_min_micros),
          duration_max_micros = GREATEST(b.duration_max_micros, EXCLUDED.duration_max_micros)
        """;

    public const int Count = 9;

    private readonly long[] success = new long[rows], error = new long[rows], error4xx = new long[rows], error5xx = new long[rows];
    private readonly long[] timeout = new long[rows], durations = new long[rows];
    private readonly decimal[] sum = new decimal[rows];
    private readonly long?[] min = new long?[rows], max = new long?[rows];

    public void Set(int row, in BucketTotals totals)
    {
        success[row] = totals.SuccessCount;
        error[row] = totals.ErrorCount;
        error4xx[row] = totals.Error4xxCount;
        error5xx[row] = totals.Error5xxCount;
        timeout[row] = totals.TimeoutCount;
        durations[row] = totals.DurationCount;
        sum[row] = (decimal)totals.DurationSumMicros;
        min[row] = totals.DurationCount == 0 ? null : totals.DurationMinMicros;
        max[row] = totals.DurationCount == 0 ? null : totals.DurationMaxMicros;
    }

    public void Bind(NpgsqlParameterCollection parameters) => parameters
        .With("success", success).With("error", error).With("error4xx", error4xx).With("error5xx", error5xx).With("timeout", timeout)
        .With("durations", durations).With("sum", sum).With("min", min).With("max", max);

    /// <summary>Reads the nine columns that start at <paramref name="ordinal"/>.</summary>
    public static BucketTotals Read(NpgsqlDataReader row, int ordinal) => new()
    {
        SuccessCount = row.GetInt64(ordinal),
        ErrorCount = row.GetInt64(ordinal + 1),
        Error4xxCount = row.GetInt64(ordinal + 2),
        Error5xxCount = row.GetInt64(ordinal + 3),
        TimeoutCount = row.GetInt64(ordinal + 4),
        DurationCount = row.GetInt64(ordinal + 5),
        DurationSumMicros = (UInt128)row.GetDecimal(ordinal + 6),
        DurationMinMicros = row.IsDBNull(ordinal + 7) ? 0 : row.GetInt64(ordinal + 7),
        DurationMaxMicros = row.IsDBNull(ordinal + 8) ? 0 : row.GetInt64(ordinal + 8),
    };
}
