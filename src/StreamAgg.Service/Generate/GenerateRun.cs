using StreamAgg.Core.Events;
using StreamAgg.Core.Time;
using StreamAgg.Gateway.Producing;
using StreamAgg.Pipeline.Options;
using StreamAgg.Traffic.Generating;

namespace StreamAgg.Service.Generate;

/// <summary>Sends generated events, or a file's lines, to a real broker until the bound, the end, or a signal.</summary>
internal sealed class GenerateRun(GenerateOptions options, PipelineTopics topics, GatewayProducer producer, TimeProvider clock)
{
    public const double DefaultRate = 100;

    /// <summary>An hour a second.</summary>
    public const double DefaultSpeed = 3600;

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(20);

    /// <summary>Events sent so far.</summary>
    public long SentCount { get; private set; }

    /// <param name="progress">Told how many bytes of the file are done.</param>
    /// <param name="stop">Ends the sending; what was sent is waited for.</param>
    /// <exception cref="GatewayDeliveryException">Events did not reach the broker.</exception>
    public async Task RunAsync(Action<long> progress, CancellationToken stop)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        if (options.Duration is { } duration)
            ending.CancelAfter(duration);
        try
        {
            await (options.File is { } file ? SendFileAsync(file, progress, ending.Token) : SendTrafficAsync(ending.Token));
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // The time is over, or somebody said so.
        }

        await producer.FlushAsync(CancellationToken.None);
    }

    private async Task SendTrafficAsync(CancellationToken stop)
    {
        var start = options.Start ?? Instant.FromUtc(clock.GetUtcNow());
        var played = new VirtualClock(clock, start, options.Speed);
        played.Start();
        var generator = new TrafficGenerator(new TrafficOptions
        {
            Start = start,
            Seed = options.Seed,
            EventsPerSecond = options.EventsPerSecond ?? DefaultRate,
            IsOneTopic = options.Kind == EventKind.Request,
        });
        while (!IsEnough(1))
        {
            foreach (var record in generator.Until(Instant.Min(played.Now, Instant.FromUtc(clock.GetUtcNow()))))
            {
                // A batch that would go past the bound is left out: the bound is exact.
                if (IsEnough(record.ProducedCount))
                    continue;
                var timestamp = new DateTimeOffset(record.RecordTimestamp.ToUtcDateTime());
                await producer.SendAsync(topics[record.Kind], record.Key, record.Value, timestamp, stop);
                SentCount += record.ProducedCount;
                if (IsEnough(1))
                    return;
            }

            await Task.Delay(Tick, clock, stop);
        }
    }

    private async Task SendFileAsync(string path, Action<long> progress, CancellationToken stop)
    {
        var pace = options.EventsPerSecond is { } rate ? new Pace(rate, clock) : null;
        await foreach (var (line, bytesDone) in EventFile.LinesAsync(path, stop))
        {
            if (IsEnough(1))
                return;
            if (line.Length > 0)
            {
                if (pace is not null)
                    await pace.WaitAsync(1, stop);
                await producer.SendAsync(topics[options.Kind ?? EventFile.KindOf(line)], key: null, line, timestamp: null, stop);
                SentCount++;
            }

            progress(bytesDone);
        }
    }

    private bool IsEnough(int more) => options.Count is { } count && SentCount + more > count;
}
