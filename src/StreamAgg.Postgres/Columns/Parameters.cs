using Npgsql;
using NpgsqlTypes;

namespace StreamAgg.Postgres.Columns;

/// <summary>Typed parameters: what is null or empty has a type too.</summary>
internal static class Parameters
{
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
