using StreamAgg.Service.Configuration;
using StreamAgg.Service.Output;

namespace StreamAgg.Service.Run;

/// <summary>Says where reading starts, before it does: at the stored offsets, or where the setting says for a topic that is new here.</summary>
internal sealed class StartLog(Settings settings, PipelineHost host, ILogger logger)
{
    private const int MaxShownOffsets = 24;

    public async Task SayAsync(CancellationToken stop)
    {
        var status = await host.Reports.StatusAsync(stop);
        foreach (string topic in settings.Topics.All)
        {
            var partitions = status.Partitions.Where(partition => partition.Topic == topic).ToList();
            if (!await host.Store.IsTopicKnownAsync(topic, stop))
            {
                logger.StartsFresh(topic, partitions.Count, settings.Pipeline.StartFrom.ToString());
                continue;
            }

            string offsets = string.Join(' ', partitions.Take(MaxShownOffsets).Select(p => $"{p.Partition}:{p.NextOffset?.ToString() ?? "0 (new)"}"));
            logger.GoesOn(topic, partitions.Count, partitions.Count > MaxShownOffsets ? offsets + " …" : offsets);
        }
    }
}
