using StreamAgg.EndToEnd.Tests.Harness;

namespace StreamAgg.EndToEnd.Tests;

/// <summary>All other tests run as the service's role; here a right of it is taken away.</summary>
public sealed class RightsTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_right_that_is_missing_at_start_or_taken_away_later_ends_it_with_exit_code_3_and_its_name()
    {
        await using var deployment = await Deployment.CreateAsync(partitions: 1);
        await deployment.ExecuteAsync("REVOKE UPDATE ON ops_metrics_daily FROM streamagg_service");
        var refused = deployment.Run();
        Assert.Equal(3, await refused.WaitForExitAsync(Patience));
        Assert.Contains("The role test_service lacks UPDATE on public.ops_metrics_daily: run deploy/roles.sql", Assert.Single(refused.Errors.Trim().Split('\n')), StringComparison.Ordinal);

        await deployment.ExecuteAsync("GRANT UPDATE ON ops_metrics_daily TO streamagg_service");
        var running = deployment.Run();
        await deployment.WaitAsync(async () => await deployment.State.WhatIsUnsettledAsync() is "", () => "both partitions to be claimed");
        await deployment.ExecuteAsync("REVOKE INSERT ON streamagg.dirty_hour FROM streamagg_service");
        deployment.Events.Send(0, GatewayEvent.Usage(SteadyTraffic.Evening, "x", 10));
        Assert.Equal(3, await running.WaitForExitAsync(Patience));
        string line = running.Errors.Trim().Split('\n')[^1];
        Assert.Contains("permission denied for table dirty_hour. The role test_service lacks INSERT on streamagg.dirty_hour: run deploy/roles.sql", line, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", running.Output + running.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_login_that_is_refused_ends_it_at_once_and_says_what_to_correct()
    {
        await using var deployment = await Deployment.CreateAsync(partitions: 1);
        string right = deployment.Settings["Postgres:ConnectionString"];
        foreach (var (text, said) in ((string, string)[])[
            (right.Replace("Password=s", "Password=wrong", StringComparison.Ordinal), "password authentication failed for user \"test_service\" (28P01). Correct the password"),
            (right.Replace("Username=test_service", "Username=stranger", StringComparison.Ordinal), "(28P01). Correct the password"),
            (right.Replace("Database=", "Database=no", StringComparison.Ordinal), "does not exist; create the database"),
        ])
        {
            var refused = deployment.Run(("Postgres:ConnectionString", text));
            Assert.Equal(3, await refused.WaitForExitAsync(Patience));
            Assert.Contains(said, Assert.Single(refused.Errors.Trim().Split('\n')), StringComparison.Ordinal);
        }
    }
}
