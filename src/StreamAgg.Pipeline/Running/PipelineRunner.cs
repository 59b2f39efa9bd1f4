using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Members;
using StreamAgg.Pipeline.Options;
using StreamAgg.Pipeline.Publishing;
using StreamAgg.Pipeline.Telemetry;

namespace StreamAgg.Pipeline.Running;

/// <summary>Runs the members, a thread each, and the publisher, until it is told to stop or one of them can't go on.</summary>
/// <param name="services">The ports and settings; <see cref="MemberServices.Owner"/> is the prefix of the members' names.</param>
/// <param name="openLog">Opens the log of the member with this number, from 0.</param>
public sealed class PipelineRunner(MemberServices services, Func<int, IEventLog> openLog)
{
    /// <summary>How long the final checkpoint is tried. The state is safe without it.</summary>
    public static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(20);

    /// <summary>A poll loop that has not moved for this long is stuck: nothing in it waits for a server.</summary>
    private static readonly TimeSpan LivenessLimit = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan PollTimeout = TimeSpan.FromMilliseconds(50);

    private readonly Gen0Limit gen0 = new();
    private volatile Member[] members = [];

    /// <summary>True while every poll loop moves, whatever Kafka and PostgreSQL do. Any thread.</summary>
    public bool IsLive => members.All(member => services.Time.GetElapsedTime(member.LastAdvance) < LivenessLimit);

    /// <summary>True while a member is in the group. Any thread.</summary>
    public bool IsReady => members.Any(member => member.IsJoined);

    /// <summary>Completes after the final checkpoints and the leaving of the group.</summary>
    /// <exception cref="PipelineStoppedException">A gap, with <see cref="GapAction.Stop"/>.</exception>
    /// <exception cref="LogFatalException">The brokers refuse for good.</exception>
    public async Task RunAsync(CancellationToken stop)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var logs = new List<IEventLog>();
        try
        {
            var started = new Member[services.Options.Consumers];
            for (int i = 0; i < started.Length; i++)
            {
                logs.Add(openLog(i));
                started[i] = new Member(services with { Owner = $"{services.Owner}/{i}", Gen0Limit = gen0 }, logs[i]);
            }

            members = started;
            services.Metrics.Members = Statuses;
            (services.Metrics.Ends, services.Metrics.Letters) = (services.Ends, services.DeadLetters);
            var loops = started.Select((member, i) => RunMemberAsync(member, logs[i], ending)).ToList();
            loops.Add(RunPublisherAsync(ending));
            loops.Add(RunUntilAsync(new LagWatch(services, Statuses).RunAsync, ending));
            if (services.Retention is { } retention && services.Options.Events.MaxAge is { } keep)
                loops.Add(RunUntilAsync(new RetentionLoop(services, retention, keep).RunAsync, ending));
            await Task.WhenAll(loops);
        }
        finally
        {
            services.Metrics.Members = () => [];
            foreach (var member in members)
                member.Dispose();
            foreach (var log in logs)
                log.Dispose();
        }
    }

    private IEnumerable<MemberStatus> Statuses() => members.Select(member => member.Status);

    private static async Task RunUntilAsync(Func<CancellationToken, Task> loop, CancellationTokenSource ending)
    {
        try
        {
            await loop(ending.Token);
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // Told to stop.
        }
        finally
        {
            await ending.CancelAsync();
        }
    }

    private Task RunMemberAsync(Member member, IEventLog log, CancellationTokenSource ending)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            Exception? end;
            try
            {
                RunMember(member, log, ending.Token);
                end = member.Fault;
            }
            catch (Exception e)
            {
                // Carried over to whoever awaits the run: a thread has nobody else to tell.
                end = e;
            }

            // Before the end is told: who waits for it then disposes of the token.
            ending.Cancel();
            if (end is null)
                done.SetResult();
            else
                done.SetException(end);
        })
        { IsBackground = true, Name = "streamagg-member" };
        thread.Start();
        return done.Task;
    }

    private void RunMember(Member member, IEventLog log, CancellationToken stop)
    {
        log.Subscribe();
        while (!stop.IsCancellationRequested && member.Fault is null)
        {
            log.Poll(PollTimeout, member);
            member.Advance();
        }

        member.BeginStop();
        long stoppingSince = services.Time.GetTimestamp();

        // After a fatal answer of the brokers nothing more can be verified with them, so nothing more may be written.
        while (!member.IsAllReleased && member.Fault is not LogFatalException && services.Time.GetElapsedTime(stoppingSince) < StopTimeout)
        {
            member.Advance();
            Thread.Sleep(5);
        }

        if (!member.IsAllReleased)
        {
            services.Happenings.StoppedWithoutCheckpoint(services.Owner);
            // Else the log waits for it once more, as at a revocation.
            member.GiveUp();
        }

        log.Close(member);
    }

    private async Task RunPublisherAsync(CancellationTokenSource ending)
    {
        var publisher = new Publisher(services);
        try
        {
            while (!ending.IsCancellationRequested)
            {
                await Task.Delay(services.Options.CheckpointInterval, services.Time, ending.Token);
                await publisher.PublishOnceAsync(ending.Token);
                gen0.Trim();
            }
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // Told to stop: what is not published yet keeps its mark.
        }
        finally
        {
            await ending.CancelAsync();
        }
    }
}
