using Npgsql;

namespace StreamAgg.Postgres.Connections;

/// <summary>
/// <c>Target Session Attributes</c> where there is one host: Npgsql knows it for several alone and refuses it otherwise, but one address
/// that moves in a failover needs it as much. Every new connection is asked what its server is.
/// </summary>
internal sealed class SessionTarget
{
    private const string Question = "SELECT pg_is_in_recovery(), current_setting('default_transaction_read_only') = 'on'";

    private readonly string attribute;
    private readonly Func<bool, bool, bool> accepts;

    private SessionTarget(string attribute, Func<bool, bool, bool> accepts)
    {
        this.attribute = attribute;
        this.accepts = accepts;
    }

    /// <summary>Takes the setting out of a single host's connection string. Null where nothing is to be asked: several hosts, any server.</summary>
    public static SessionTarget? TakeFrom(NpgsqlConnectionStringBuilder settings)
    {
        if (!settings.IsSingleHost() || settings.TargetSessionAttributes is not { } attribute)
            return null;
        settings.TargetSessionAttributes = null;
        Func<bool, bool, bool>? judge = attribute.ToUpperInvariant() switch
        {
            "PRIMARY" => (isStandby, _) => !isStandby,
            "STANDBY" => (isStandby, _) => isStandby,
            "READ-WRITE" => (isStandby, isReadOnly) => !isStandby && !isReadOnly,
            "READ-ONLY" => (isStandby, isReadOnly) => isStandby || isReadOnly,
            // Any, and what is only preferred.
            _ => null,
        };
        return judge is null ? null : new SessionTarget(attribute, judge);
    }

    public void Guard(NpgsqlDataSourceBuilder builder) => builder.UsePhysicalConnectionInitializer(
        connection =>
        {
            using NpgsqlCommand command = new(Question, connection);
            using NpgsqlDataReader answer = command.ExecuteReader();
            answer.Read();
            Judge(answer);
        },
        async connection =>
        {
            await using NpgsqlCommand command = new(Question, connection);
            await using NpgsqlDataReader answer = await command.ExecuteReaderAsync();
            await answer.ReadAsync();
            Judge(answer);
        });

    private void Judge(NpgsqlDataReader answer)
    {
        (bool isStandby, bool isReadOnly) = (answer.GetBoolean(0), answer.GetBoolean(1));
        if (!accepts(isStandby, isReadOnly))
            throw new NpgsqlException(
                $"the server is {(isStandby ? "a standby" : isReadOnly ? "read-only" : "a primary")}, and Target Session Attributes wants {attribute}");
    }
}
