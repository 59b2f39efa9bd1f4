using Npgsql;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Store;

namespace StreamAgg.Postgres.Columns;

/// <summary>The key of an hour's row in the state: rollup, start and label, in this order, which is that of its locks.</summary>
internal static class HourKeys
{
    /// <summary>As @rollups, @hours and @labels.</summary>
    public static NpgsqlParameterCollection With(this NpgsqlParameterCollection parameters, IReadOnlyCollection<BucketKey<Hour>> keys) => parameters
        .With("rollups", keys.Select(key => key.Rollup).ToArray())
        .With("hours", keys.Select(key => Timestamps.ToColumn(key.Bucket)).ToArray())
        .With("labels", keys.Select(key => key.Label).ToArray());

    public static BucketKey<Hour> Read(NpgsqlDataReader row, int ordinal = 0) =>
        new(Timestamps.ReadHour(row, ordinal + 1), row.GetString(ordinal + 2), row.GetString(ordinal));
}
