using Npgsql;
using NpgsqlTypes;

namespace StreamAgg.Postgres.Columns;

/// <summary>Typed parameters: what is null or empty has a type too.</summary>
internal static class Parameters
{
    /// <summary>The text of each, with commas between: the lists of columns that a statement is made of.</summary>
    public static string Each<T>(this IEnumerable<T> items, Func<T, string> text) => string.Join(", ", items.Select(text));

    public static NpgsqlParameterCollection With<T>(this NpgsqlParameterCollection parameters, string name, T value)
    {
        parameters.Add(new NpgsqlParameter<T>(name, value));
        return parameters;
    }

    public static NpgsqlParameterCollection WithOptional<T>(this NpgsqlParameterCollection parameters, string name, T? value, NpgsqlDbType type)
    {
        parameters.Add(new NpgsqlParameter(name, type) { Value = (object?)value ?? DBNull.Value });
        return parameters;
    }
}
