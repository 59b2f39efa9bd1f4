using Npgsql;
using StreamAgg.Core.Time;

namespace StreamAgg.Postgres.Columns;

/// <summary>Between the pipeline's time and <c>timestamptz</c>: always UTC, whatever the session's zone.</summary>
internal static class Timestamps
{
    /// <summary>Rounded towards the past: a watermark in the database never claims more than the one in memory.</summary>
    /// <remarks>PostgreSQL keeps microseconds; Npgsql cuts towards 2000-01-01, which is the future for whatever lies before.</remarks>
    public static DateTime ToColumn(Instant instant)
    {
        long ticks = instant.ToUtcDateTime().Ticks;
        return new DateTime(ticks - (ticks % TimeSpan.TicksPerMicrosecond), DateTimeKind.Utc);
    }

    public static DateTime ToColumn(Hour hour) => hour.Start.ToUtcDateTime();

    public static Instant ReadInstant(NpgsqlDataReader row, int ordinal) => Instant.FromUtc(row.GetFieldValue<DateTime>(ordinal));

    public static Instant? ReadOptionalInstant(NpgsqlDataReader row, int ordinal) => row.IsDBNull(ordinal) ? null : ReadInstant(row, ordinal);

    public static Hour ReadHour(NpgsqlDataReader row, int ordinal) => Hour.FromUtc(row.GetFieldValue<DateTime>(ordinal));

    public static Day ReadDay(NpgsqlDataReader row, int ordinal) => Day.FromDate(row.GetFieldValue<DateOnly>(ordinal));
}
