using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Telemetry;

namespace StreamAgg.Pipeline.Members;

/// <summary>Asks for the log's ends where no checkpoint has done so lately: while PostgreSQL is away, or letters wait, none does.</summary>
internal sealed class LagWatch(MemberServices services, Func<IEnumerable<MemberStatus>> members)
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    private bool isSilent;

    public async Task RunAsync(CancellationToken stop)
    {
        while (true)
        {
            await Task.Delay(Period, services.Time, stop);
            await LookAsync(stop);
        }
    }

    public async Task LookAsync(CancellationToken stop)
    {
        long now = services.Time.GetTimestamp();
        long since = now - (long)(Period.TotalSeconds * services.Time.TimestampFrequency);
        SourcePartition[] old =
        [
            .. members().SelectMany(member => member.Partitions).Select(partition => partition.Source)
            .Where(source => services.Ends.IsOlder(source, since)),
        ];
        if (old.Length == 0)
            return;
        try
        {
            services.Ends.Told(await services.Metadata.EndOffsetsAsync(old, stop), now);
            if (isSilent)
                services.Happenings.EndsKnownAgain();
            isSilent = false;
        }
        catch (Exception e) when (e is LogUnavailableException or LogFatalException)
        {
            // What is fatal is the member's to meet, with its own question; here it only means that the lag stays as it was.
            if (!isSilent)
                services.Happenings.LagUnknown(e.Message);
            isSilent = true;
        }
    }
}
