using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using StreamAgg.Librdkafka;

namespace StreamAgg.Kafka.Native;

/// <summary>The administrative questions: asked with a queue, answered there by an event that its reader destroys.</summary>
internal static unsafe partial class NativeMethods
{
    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_queue_new")]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial nint QueueNew(nint client);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_queue_poll")]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial nint QueuePoll(nint queue, int timeoutMilliseconds);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_event_error")]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial int EventError(nint answer);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_event_error_string")]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial byte* EventErrorString(nint answer);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_event_destroy")]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial void EventDestroy(nint answer);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_AdminOptions_new")]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial nint AdminOptionsNew(nint client, int operation);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_AdminOptions_set_request_timeout")]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial int AdminOptionsSetRequestTimeout(nint options, int timeoutMilliseconds, byte* text, nuint size);

    /// <returns>0, or an error that is the caller's to destroy.</returns>
    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_AdminOptions_set_isolation_level")]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial nint AdminOptionsSetIsolationLevel(nint options, int level);

    /// <returns>0, or an error that is the caller's to destroy.</returns>
    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_AdminOptions_set_include_authorized_operations")]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial nint AdminOptionsSetIncludeAuthorizedOperations(nint options, int isAsked);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_AdminOptions_destroy")]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial void AdminOptionsDestroy(nint options);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_TopicCollection_of_topic_names", StringMarshalling = StringMarshalling.Utf8)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial nint TopicCollectionOf(string[] topics, nuint count);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_TopicCollection_destroy")]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial void TopicCollectionDestroy(nint topics);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_DescribeTopics")]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial void DescribeTopics(nint client, nint topics, nint options, nint queue);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_event_DescribeTopics_result")]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial nint EventDescribeTopicsResult(nint answer);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_DescribeTopics_result_topics")]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial nint* DescribeTopicsResultTopics(nint result, nuint* count);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_TopicDescription_name")]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial byte* TopicDescriptionName(nint topic);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_TopicDescription_topic_id")]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial nint TopicDescriptionId(nint topic);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_Uuid_base64str")]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial byte* UuidBase64(nint uuid);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_TopicDescription_error")]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial nint TopicDescriptionError(nint topic);

    /// <returns>Null where the brokers did not tell: <c>rd_kafka_AclOperation_t</c> else.</returns>
    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_TopicDescription_authorized_operations")]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial int* TopicDescriptionAuthorizedOperations(nint topic, nuint* count);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_error_code")]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial int ErrorCodeOf(nint error);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_TopicDescription_partitions")]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial nint* TopicDescriptionPartitions(nint topic, nuint* count);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_TopicPartitionInfo_partition")]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial int TopicPartitionInfoPartition(nint partition);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_TopicPartitionInfo_leader")]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial nint TopicPartitionInfoLeader(nint partition);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_ListOffsets")]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial void ListOffsets(nint client, NativeTopicPartitionList* partitions, nint options, nint queue);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_event_ListOffsets_result")]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial nint EventListOffsetsResult(nint answer);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_ListOffsets_result_infos")]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial nint* ListOffsetsResultInfos(nint result, nuint* count);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_ListOffsetsResultInfo_timestamp")]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial long ListOffsetsResultInfoTimestamp(nint info);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_ListOffsetsResultInfo_topic_partition")]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial NativeTopicPartition* ListOffsetsResultInfoTopicPartition(nint info);
}
