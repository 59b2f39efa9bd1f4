using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Xunit;

namespace StreamAgg.Service.Tests.Cli;

public sealed class StoppedVerbTests
{
    [Theory]
    [InlineData("dead-letters list")]
    [InlineData("generate --count 1")]
    public async Task A_verb_that_is_stopped_while_it_waits_says_so_in_one_line(string verb)
    {
        // Accepts, and never says a word.
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        using Process process = StreamAggProcess.Start(
            [], [.. verb.Split(' '), $"--StreamAgg:Kafka:BootstrapServers=127.0.0.1:{((IPEndPoint)silent.LocalEndpoint).Port}"]);
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        // Once it has connected it waits for the answer.
        using Socket waiting = await silent.AcceptSocketAsync(TestContext.Current.CancellationToken);
        using (Process.Start("kill", ["-INT", $"{process.Id}"]))
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(3, process.ExitCode);
        Assert.Equal("streamagg: Stopped before it was done.", (await error).TrimEnd());
    }
}
