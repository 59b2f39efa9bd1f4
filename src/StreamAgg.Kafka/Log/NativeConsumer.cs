using System.Runtime.InteropServices;
using StreamAgg.Kafka.Native;

namespace StreamAgg.Kafka.Log;

/// <summary>The native calls of one consumer: batches, seeks, pauses. Used on the member's thread only.</summary>
internal sealed unsafe class NativeConsumer : IDisposable
{
    /// <summary>
    /// How long a batch that is not full yet waits for more. While records stream in, the broker threads hand them over in small
    /// heaps; taking each heap at once costs more wake-ups than work.
    /// </summary>
    private const int GatherMilliseconds = 1;

    /// <summary>The client answers a seek from its own thread, with no question to a broker: this is never reached in practice.</summary>
    private const int SeekTimeoutMilliseconds = 1000;

    private readonly ConsumerClient client;
    private readonly nint queue;
    private readonly string[] topics;
    private readonly nint[] topicPointers;
    private readonly NativeMessage** batch;

    public NativeConsumer(ConsumerClient client, string[] topics, int batchSize)
    {
        this.client = client;
        queue = NativeMethods.QueueGetConsumer(client.Pointer);
        this.topics = topics;

        // Holding the topics makes their partitions known before they are assigned, so that they can be paused first, and keeps
        // the pointers valid that records are told apart by.
        topicPointers = [.. topics.Select(topic => NativeMethods.TopicNew(client.Pointer, topic, 0))];
        BatchSize = batchSize;
        batch = (NativeMessage**)NativeMemory.Alloc((nuint)batchSize, (nuint)sizeof(NativeMessage*));
    }

    public int BatchSize { get; }

    /// <summary>
    /// Waits for a first record or event and takes what lies behind it. Rebalance handlers run inside this call.
    /// </summary>
    /// <remarks>The native call waits until its array is full: an array of one does not wait for a second record.</remarks>
    public ReadOnlySpan<nint> Consume(TimeSpan timeout)
    {
        int taken = Take(0, BatchSize, 0);
        if (taken == 0 && timeout > TimeSpan.Zero)
        {
            taken = Take(0, 1, (int)Math.Min(Math.Ceiling(timeout.TotalMilliseconds), int.MaxValue));
            taken += taken > 0 ? Take(taken, BatchSize - taken, GatherMilliseconds) : 0;
        }

        return new ReadOnlySpan<nint>(batch, taken);
    }

    /// <summary>As the coordinator told it last, from 1 (the newer protocol: the epoch); 0 or less where this consumer is no member.</summary>
    public int Generation()
    {
        nint metadata = NativeMethods.GroupMetadata(client.Pointer);
        if (metadata == 0)
            return 0;

        int generation = NativeMethods.GroupGeneration(metadata);
        NativeMethods.GroupMetadataDestroy(metadata);
        return generation;
    }

    /// <summary>What was consumed and is done with.</summary>
    public void Return(ReadOnlySpan<nint> messages) => client.Records.Add(messages);

    /// <summary>The same string for every record of a topic, found without building one; null where the topic is none of ours.</summary>
    public string? TopicOf(nint topic)
    {
        for (int i = 0; i < topicPointers.Length; i++)
        {
            if (topicPointers[i] == topic)
                return topics[i];
        }

        return topic == 0 ? null : TopicNamed(Marshal.PtrToStringUTF8((nint)NativeMethods.TopicName(topic)));
    }

    /// <summary>Stops the fetching and throws away what was fetched. A partition that the client has not met is not parked: try again.</summary>
    public void Pause(IReadOnlyCollection<AssignedPartition> partitions)
    {
        using var list = ListOf(partitions);
        _ = NativeMethods.PausePartitions(client.Pointer, list.Pointer);
        int i = 0;
        foreach (AssignedPartition partition in partitions)
            partition.IsParked = list.Items[i++].Error == 0;
    }

    public void Resume(IReadOnlyCollection<AssignedPartition> partitions)
    {
        using var list = ListOf(partitions);
        _ = NativeMethods.ResumePartitions(client.Pointer, list.Pointer);
        foreach (AssignedPartition partition in partitions)
            partition.IsParked = false;
    }

    /// <summary>Moves each to its next offset; records fetched before are outdated from here on, wherever they lie.</summary>
    /// <param name="partitions">Each once.</param>
    /// <param name="errors">Takes each one's error code, 0 where the client stands there now.</param>
    public void Seek(IReadOnlyList<AssignedPartition> partitions, Span<int> errors)
    {
        using var list = ListOf(partitions);
        _ = PartitionList.TakeError(NativeMethods.SeekPartitions(client.Pointer, list.Pointer, SeekTimeoutMilliseconds));
        for (int i = 0; i < partitions.Count; i++)
            errors[i] = list.Items[i].Error;
    }

    /// <summary>Takes the partition from the client and gives it back at its next offset, parked, with the group none the wiser.</summary>
    /// <remarks>
    /// A try that was refused half-way left the client without the partition, and there is nothing to take: that it is there afterwards is what
    /// counts.
    /// </remarks>
    /// <returns>Null, or what the client says against it.</returns>
    public string? Reassign(AssignedPartition partition)
    {
        AssignedPartition[] one = [partition];
        using var list = ListOf(one);
        Pause(one);
        string? kept = PartitionList.TakeError(NativeMethods.IncrementalUnassign(client.Pointer, list.Pointer));
        return PartitionList.TakeError(NativeMethods.IncrementalAssign(client.Pointer, list.Pointer)) is string refused ? kept ?? refused : null;
    }

    /// <summary>Returns at once; nobody waits for the answer.</summary>
    public int Commit(IReadOnlyCollection<KeyValuePair<Pipeline.Log.SourcePartition, long>> offsets)
    {
        using var list = new PartitionList(offsets.Count);
        foreach ((Pipeline.Log.SourcePartition source, long offset) in offsets)
            list.Add(source.Topic, source.Partition, offset, leaderEpoch: null);

        return NativeMethods.Commit(client.Pointer, list.Pointer, isAsync: 1);
    }

    /// <summary>Before the client's: what is held here would keep it from ending.</summary>
    public void Dispose()
    {
        foreach (nint topic in topicPointers)
        {
            if (topic != 0)
                NativeMethods.TopicDestroy(topic);
        }

        NativeMethods.QueueDestroy(queue);
        NativeMemory.Free(batch);
    }

    /// <summary>Apart from its caller: the closure would be built at every call there, needed or not.</summary>
    private string? TopicNamed(string? name) => Array.Find(topics, known => known == name);

    private int Take(int from, int count, int timeoutMilliseconds) =>
        Math.Max(0, (int)NativeMethods.ConsumeBatchQueue(queue, timeoutMilliseconds, batch + from, (nuint)count));

    private static PartitionList ListOf(IReadOnlyCollection<AssignedPartition> partitions)
    {
        var list = new PartitionList(partitions.Count);
        foreach (AssignedPartition partition in partitions)
            list.Add(partition.Source.Topic, partition.Source.Partition, partition.NextOffset, partition.LeaderEpoch);

        return list;
    }
}
