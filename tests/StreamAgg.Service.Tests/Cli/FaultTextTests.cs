using Npgsql;
using StreamAgg.Pipeline.Store;
using StreamAgg.Service.Faults;
using Xunit;

namespace StreamAgg.Service.Tests.Cli;

public class FaultTextTests
{
    [Theory]
    [InlineData("42501", "permission denied for table ops_metrics_hourly", "deploy/roles.sql")]
    [InlineData("3D000", "database \"metrics\" does not exist", "Create it")]
    [InlineData("42P01", "relation \"streamagg.partial\" does not exist", "streamagg migrate")]
    [InlineData("42703", "column \"rev\" does not exist", "streamagg migrate")]
    public void What_somebody_changed_in_the_database_is_one_line_with_its_remedy_and_exit_code_3(string sqlState, string words, string remedy)
    {
        var error = new StringWriter();

        Assert.Equal(ExitCode.Dependency, FaultText.Write(new PostgresException(words, "ERROR", "ERROR", sqlState), error));

        string line = Assert.Single(error.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("streamagg: ", line, StringComparison.Ordinal);
        Assert.Contains(words, line, StringComparison.Ordinal);
        Assert.Contains(remedy, line, StringComparison.Ordinal);
    }

    [Fact]
    public void What_nobody_foresaw_is_shown_with_its_stack()
    {
        var error = new StringWriter();

        Assert.Equal(ExitCode.Unexpected, FaultText.Write(new PostgresException("index is corrupt", "ERROR", "ERROR", "XX002"), error));

        Assert.Contains(nameof(PostgresException), error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_server_that_is_away_is_a_dependencys_fault()
    {
        var error = new StringWriter();

        Assert.Equal(ExitCode.Dependency, FaultText.Write(new StoreUnavailableException("PostgreSQL could not be reached: no answer"), error));

        Assert.Contains("Start PostgreSQL", error.ToString(), StringComparison.Ordinal);
    }
}
