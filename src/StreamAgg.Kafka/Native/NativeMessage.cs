using System.Runtime.InteropServices;

namespace StreamAgg.Kafka.Native;

/// <summary><c>rd_kafka_message_t</c>, as rdkafka.h lays it out.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeMessage
{
    public int Error;
    public nint Topic;
    public int Partition;
    public byte* Payload;
    public nuint Length;
    public byte* Key;
    public nuint KeyLength;
    public long Offset;
    private readonly nint own;
}

/// <summary><c>rd_kafka_topic_partition_t</c>, as rdkafka.h lays it out.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeTopicPartition
{
    public byte* Topic;
    public int Partition;
    public long Offset;
    public nint Metadata;
    public nuint MetadataSize;
    public nint Opaque;
    public int Error;
    private readonly nint own;
}

/// <summary><c>rd_kafka_topic_partition_list_t</c>, as rdkafka.h lays it out.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeTopicPartitionList
{
    public int Count;
    public int Size;
    public NativeTopicPartition* Elements;
}
