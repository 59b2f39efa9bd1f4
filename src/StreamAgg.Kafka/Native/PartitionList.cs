using System.Runtime.InteropServices;

namespace StreamAgg.Kafka.Native;

/// <summary>A native list of partitions, made for one call.</summary>
internal readonly unsafe ref struct PartitionList
{
    private readonly NativeTopicPartitionList* list;

    /// <param name="capacity">All that will be added: a list that grows would move what <see cref="Add"/> returned.</param>
    public PartitionList(int capacity) => list = NativeMethods.ListNew(Math.Max(capacity, 1));

    public NativeTopicPartitionList* Pointer => list;

    public ReadOnlySpan<NativeTopicPartition> Items => new(list->Elements, list->Count);

    public void Add(string topic, int partition, long offset, int? leaderEpoch)
    {
        NativeTopicPartition* added = NativeMethods.ListAdd(list, topic, partition);
        added->Offset = offset;
        if (leaderEpoch is int epoch)
            NativeMethods.SetLeaderEpoch(added, epoch);
    }

    public void Dispose() => NativeMethods.ListDestroy(list);

    /// <summary>The text of an <c>rd_kafka_error_t</c>, which is freed; null where there is no error.</summary>
    public static string? TakeError(nint error)
    {
        if (error == 0)
            return null;

        string text = Marshal.PtrToStringUTF8((nint)NativeMethods.ErrorString(error)) ?? "unknown error";
        NativeMethods.ErrorDestroy(error);
        return text;
    }
}
