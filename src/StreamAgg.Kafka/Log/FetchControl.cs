using Microsoft.Extensions.Logging;
using StreamAgg.Kafka.Logging;

namespace StreamAgg.Kafka.Log;

/// <summary>Brings the native client to where its owner wants each partition: fetched from an offset on, or not. On the member's thread.</summary>
internal sealed class FetchControl(NativeConsumer native, ILogger logger, ClientLines lines, TimeProvider time)
{
    private static readonly TimeSpan SeekRetry = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan SeekTimeout = TimeSpan.FromSeconds(5);

    private readonly List<AssignedPartition> toSeek = [];
    private readonly List<AssignedPartition> toResume = [];
    private readonly List<AssignedPartition> toPark = [];
    private long nextReconcile;
    private bool isDirty;
    private bool isPaused;

    /// <summary>A partition is not any more where it is wanted.</summary>
    public void Changed()
    {
        isDirty = true;
        nextReconcile = 0;
    }

    public void Pause(IReadOnlyCollection<AssignedPartition> partitions)
    {
        isPaused = true;
        foreach (AssignedPartition partition in partitions)
            partition.IsRunning = false;

        Changed();
    }

    public void Resume()
    {
        isPaused = false;
        Changed();
    }

    /// <summary>Call it when no fetched record is in hand.</summary>
    public void Reconcile(IReadOnlyCollection<AssignedPartition> partitions)
    {
        if (!isDirty || time.GetTimestamp() < nextReconcile)
            return;

        isDirty = false;
        foreach (AssignedPartition partition in partitions)
        {
            bool wanted = partition.IsStarted && !isPaused;
            if (!partition.IsParked && !partition.IsRunning)
            {
                // Also before a seek: what lies fetched is thrown away, and the client fetches nothing it would have to drop.
                toPark.Add(partition);
            }

            if (wanted && !partition.IsRunning)
                toSeek.Add(partition);
        }

        if (toPark.Count > 0)
        {
            native.Pause(toPark);
            if (toPark.Exists(partition => !partition.IsParked))
                TryAgainSoon();

            toPark.Clear();
        }

        if (toSeek.Count > 0)
            Seek();
    }

    private void Seek()
    {
        foreach (AssignedPartition partition in toSeek)
        {
            if (partition.NeedsReassignment)
                Reassign(partition);
        }

        Span<int> errors = toSeek.Count <= 256 ? stackalloc int[toSeek.Count] : new int[toSeek.Count];
        native.Seek(toSeek, errors);
        for (int i = 0; i < toSeek.Count; i++)
        {
            AssignedPartition partition = toSeek[i];
            if (errors[i] == 0)
            {
                partition.IsRunning = true;
                toResume.Add(partition);
                continue;
            }

            logger.SeekPostponed(partition.Source.Topic, partition.Source.Partition, partition.NextOffset, errors[i]);
            TryAgainSoon();
            if (time.GetElapsedTime(partition.AssignedAt) > SeekTimeout)
                partition.DemandReassignment();
        }

        if (toResume.Count > 0)
            native.Resume(toResume);

        toSeek.Clear();
        toResume.Clear();
    }

    private void Reassign(AssignedPartition partition)
    {
        if (native.Reassign(partition) is string reason)
        {
            lines.PartitionError(partition.Source.Topic, partition.Source.Partition, "assign", reason);
            TryAgainSoon();
        }
        else
        {
            partition.Reassigned(time.GetTimestamp());
        }
    }

    private void TryAgainSoon()
    {
        isDirty = true;
        nextReconcile = time.GetTimestamp() + (long)(SeekRetry.TotalSeconds * time.TimestampFrequency);
    }
}
