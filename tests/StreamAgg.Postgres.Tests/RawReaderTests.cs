using System.Text;
using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Events;
using StreamAgg.Core.Rollups;
using StreamAgg.Postgres.Connections;
using StreamAgg.Postgres.Raw;
using static StreamAgg.Postgres.Tests.Sample;

namespace StreamAgg.Postgres.Tests;

/// <summary>A gateway's own tables, as gateways and databases make them.</summary>
public class RawReaderTests(TestServer server)
{
    private static readonly RawOptions Named = new()
    {
        UsageTable = "Raw Data.\"x.usage\"",
        ErrorTable = "Raw Data.errors",
        GroupTable = "Raw Data.groups",
        AccountTable = "Raw Data.accounts",
    };

    [Fact]
    public async Task Rows_are_judged_as_events_are_and_what_is_refused_is_told_by_reason()
    {
        await using TestDatabase database = await CreateAsync(
            """
            CREATE TABLE groups (id int, platform text); INSERT INTO groups VALUES (1, ' a '), (1, 'second of its id'), (2, ' '), (3, repeat('x', 51)), (4, repeat('😀', 50));
            CREATE TABLE accounts (id text, platform text); INSERT INTO accounts VALUES ('7', 'b');
            CREATE TABLE "x.usage" (created_at timestamptz, duration_ms double precision, group_id bigint, account_id smallint);
            INSERT INTO "x.usage" VALUES
              ('2026-01-01 00:00Z', 0.0005, 1, 7), ('2026-01-01 00:59:59.999999Z', 1.5, 2, 7), ('2026-01-01 01:00+01', NULL, NULL, NULL), ('2026-01-01 00:10Z', -0.1, 4, 9),
              ('2026-01-01 00:10Z', 'Infinity', 1, 7), ('2026-01-01 00:10Z', '-Infinity', 1, 7), ('2026-01-01 00:10Z', 'NaN', 1, 7), ('2026-01-01 00:10Z', 5, 3, 7),
              ('2026-01-01 01:00Z', 5, 1, 7), (NULL, 5, 1, 7), ('1999-12-31 23:59:59Z', 5, 1, 7), ('infinity', 5, 1, 7), ('-infinity', 5, 1, 7), ('10000-01-01Z', 5, 1, 7);
            CREATE TABLE errors (created_at timestamptz, platform text, status_code text, error_type text, error_message text, group_id bigint, account_id bigint);
            INSERT INTO errors VALUES ('2026-01-01 00:00Z', E'\tc\n', '504', NULL, NULL, 1, 7), ('2026-01-01 00:00Z', '', '429', 'x', 'Deadline Exceeded', 1, 7),
              ('2026-01-01 00:00Z', NULL, 'oops', NULL, NULL, 1, 7), ('2026-01-01 00:00Z', 'd', NULL, 'TimeOut', NULL, NULL, NULL);
            """);
        await using RawReader raw = await OpenAsync(database, RawFilter.None);
        var events = new List<string>();
        RawTally? tally = await raw.ReadAsync(Hour(0), Hour(1), new Recording(events), _ => true, None);

        Assert.Equal(
            [
                "Error 00:00 'a' 0 ClientError timeout", "Error 00:00 'c' 0 ServerError timeout", "Error 00:00 'd' 0 Other timeout", "Usage "
                    + "00:00 '' -1 Other", "Usage 00:00 'a' 1 Other",
                "Usage 00:10 'a' -1 Other", "Usage 00:10 'a' -1 Other", "Usage 00:10 '" + string.Concat(Enumerable.Repeat("😀", 50)) + "' -1 "
                    + "Other", "Usage 00:59 'b' 1500 Other",
            ],
            events.Order(StringComparer.Ordinal));
        Assert.Equal((12, 9, new DurationsLeftOut(2, 1)), (tally!.Rows, tally.Accepted, tally.LeftOut));
        Assert.Equal(
            ["bad_field:duration_ms 1 duration_ms must be a plain number of milliseconds or null, not \"NaN\"", "bad_field:status_code 1 "
                + "status_code must be one integer or null, not \"oops\"", $"bad_platform 1 the label has 51 code points, at most 50 fit: "
                    + $"\"{new string('x', 51)}\""],
            tally.Reasons.Select(reason => $"{reason.Key} {reason.Value.Count} {reason.Value.Example}"));
        Assert.Equal(["bad_field:created_at 1", "in_future 2", "too_old 2"], raw.Outside.Reasons.Select(reason => $"{reason.Key} "
            + $"{reason.Value.Count}"));
        Assert.Equal([Hour(0).Start, Hour(0).Start], raw.Beginnings.Values.Select(first => first!.Value));

        await using RawReader some = await OpenAsync(database, RawFilter.Of(["usage:group_id = 1 -- and no other", "errors:platform IS NOT "
            + "NULL", "created_at IS NOT NULL"]));
        tally = await some.ReadAsync(Hour(0), Hour(1), new Recording([]), _ => true, None);
        Assert.Equal(7, tally!.Rows);
    }

    [Theory]
    [InlineData("ALTER TABLE errors ALTER created_at TYPE timestamp", "Raw Data.errors.created_at is a timestamp without time zone: which hour "
        + "it means depends on a zone that nobody has written down. Make it timestamptz, or name in StreamAgg:Raw:ErrorTable a view")]
    [InlineData("DROP TABLE groups", "There is no table Raw Data.groups: name it in StreamAgg:Raw:GroupTable (with its schema), and its "
        + "database in StreamAgg:Raw:ConnectionString; empty where there is none.")]
    [InlineData("ALTER TABLE accounts DROP platform", "Raw Data.accounts has not both id and platform")]
    [InlineData("ALTER TABLE errors DROP created_at", "Raw Data.errors has no column created_at")]
    [InlineData("REVOKE SELECT ON errors FROM raw_reader", "permission denied for table errors (42501). Grant SELECT on the raw tables")]
    public async Task What_is_not_as_it_must_be_is_named_with_what_to_do(string change, string said)
    {
        await using TestDatabase database = await CreateAsync(PlainTables);
        await database.ExecuteAsync("SET search_path = \"Raw Data\"; " + change);
        RawSourceException fault = await Assert.ThrowsAsync<RawSourceException>(() => OpenAsync(database, RawFilter.None));
        Assert.Contains(said, fault.Message, StringComparison.Ordinal);
        Assert.False(fault.IsUsage);
    }

    [Fact]
    public async Task A_table_without_its_optional_columns_counts_them_as_null_and_a_condition_that_is_none_is_the_caller_s_fault()
    {
        await using TestDatabase database = await CreateAsync(PlainTables + "ALTER TABLE errors DROP error_type, DROP group_id, DROP "
            + "account_id; INSERT INTO errors (created_at, status_code) VALUES ('2026-01-01 00:00Z', 400)");
        await using RawReader raw = await OpenAsync(database, RawFilter.None);
        var events = new List<string>();
        await raw.ReadAsync(Hour(0), Hour(1), new Recording(events), _ => true, None);
        Assert.Equal(["Error 00:00 '' 0 ClientError"], events);
        Assert.Contains("Raw Data.errors has no group_id, account_id, error_type: counted as null", raw.Notes);

        RawSourceException fault = await Assert.ThrowsAsync<RawSourceException>(() => OpenAsync(database, RawFilter.Of(["is_billed"])));
        Assert.True(fault.IsUsage);
        Assert.Contains("column \"is_billed\" does not exist (42703). Correct the condition given by "
            + "--where.", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("usage", true)]
    [InlineData("ops.Usage", true)]
    [InlineData("\"a.b\".c", true)]
    [InlineData("x\"; DROP TABLE y; --", false)]
    [InlineData("a.b.c", false)]
    [InlineData("", false)]
    [InlineData(".a", false)]
    public void A_name_has_one_part_or_two(string name, bool isAllowed) =>
        Assert.Equal(isAllowed, RawOptions.Quoted(name) is not null);

    private const string PlainTables =
        """
        CREATE TABLE groups (id int, platform text); CREATE TABLE accounts (id int, platform text);
        CREATE TABLE "x.usage" (created_at timestamptz, duration_ms int, group_id int, account_id int);
        CREATE TABLE errors (created_at timestamptz, platform text, status_code int, error_type text, error_message text, group_id int, account_id int);
        """;

    /// <summary>Tables in a schema of their own, for a role that may select and no more.</summary>
    private async Task<TestDatabase> CreateAsync(string tables)
    {
        PostgresOptions administrator = await server.CreateDatabaseAsync();
        var database = new TestDatabase(TestServer.As(administrator.ConnectionString, "raw_reader", "w"), administrator.ConnectionString);
        await database.ExecuteAsync(
            $"""
            DO $$ BEGIN CREATE ROLE raw_reader LOGIN PASSWORD 'w'; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
            CREATE SCHEMA "Raw Data"; SET search_path = "Raw Data"; {tables};
            GRANT USAGE ON SCHEMA "Raw Data" TO raw_reader; GRANT SELECT ON ALL TABLES IN SCHEMA "Raw Data" TO raw_reader
            """);
        return database;
    }

    private static Task<RawReader> OpenAsync(TestDatabase database, RawFilter filter) => RawReader.OpenAsync(database.Options, Named, new EventOptions(), filter, None);

    private sealed class Recording(List<string> events) : IEventSink
    {
        public void Count(in DecodedEvent e, EventLabels labels) =>
            events.Add($"{(e.IsFailure ? "Error" : "Usage")} {e.Time.ToUtcDateTime():HH:mm} '{Encoding.UTF8.GetString(labels[0])}' "
                + $"{(e.IsFailure ? 0 : e.DurationMicros)} {e.Status}{(e.IsTimeout ? " timeout" : "")}");
    }
}
