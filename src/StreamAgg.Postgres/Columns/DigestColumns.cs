using Npgsql;
using StreamAgg.Core.Aggregation;

namespace StreamAgg.Postgres.Columns;

/// <summary>The columns of encoded digests, one for each spread; empty where it has no value.</summary>
internal static class DigestColumns
{
    private static readonly string[] Columns = [.. Spreads.All.Select(spread => $"{spread.DigestPrefix}digest")];

    public static readonly string Names = Columns.Each(column => column);

    /// <summary>The arrays that <see cref="Bind"/> gives, for <c>unnest</c>, in the order of <see cref="Names"/>.</summary>
    public static readonly string Arrays = Columns.Each(column => $"@{column}");

    /// <summary>SET list of an upsert that replaces.</summary>
    public static readonly string Replace = Columns.Each(column => $"{column} = EXCLUDED.{column}");

    /// <summary>SET list of an update from <c>v</c>.</summary>
    public static readonly string Update = Columns.Each(column => $"{column} = v.{column}");

    /// <summary>Those of a table.</summary>
    public static string Of(string alias) => Columns.Each(column => $"{alias}.{column}");

    public static NpgsqlParameterCollection Bind(NpgsqlParameterCollection parameters, SpreadBytes[] rows)
    {
        for (int spread = 0; spread < Columns.Length; spread++)
            parameters.With(Columns[spread], Array.ConvertAll(rows, row => row[spread]));
        return parameters;
    }

    /// <summary>Reads <see cref="Names"/> from <paramref name="ordinal"/> on.</summary>
    public static SpreadBytes Read(NpgsqlDataReader row, int ordinal) =>
        new(row.GetFieldValue<byte[]>(ordinal), row.GetFieldValue<byte[]>(ordinal + 1));
}
