using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Xunit;

namespace StreamAgg.Service.Tests.Cli;

public sealed partial class StoppedVerbTests
{
    private const int Interrupt = 2;

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
        Assert.Equal(0, Kill(process.Id, Interrupt));
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(3, process.ExitCode);
        Assert.Equal("streamagg: Stopped before it was done.", (await error).TrimEnd());
    }

    // A call, not a program: on a busy machine one would come after the verb has given up by itself.
    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
