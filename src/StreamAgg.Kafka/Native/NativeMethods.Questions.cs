using System.Runtime.InteropServices;
using StreamAgg.Librdkafka;

namespace StreamAgg.Kafka.Native;

/// <summary>The administrative questions: asked with a queue, answered there by an event that its reader destroys.</summary>
internal static unsafe partial class NativeMethods
{
    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_queue_new")]
    public static partial nint QueueNew(nint client);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_queue_poll")]
    public static partial nint QueuePoll(nint queue, int timeoutMilliseconds);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_event_error")]
    public static partial int EventError(nint answer);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_event_error_string")]
    public static partial byte* EventErrorString(nint answer);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_event_destroy")]
    public static partial void EventDestroy(nint answer);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_AdminOptions_new")]
    public static partial nint AdminOptionsNew(nint client, int operation);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_AdminOptions_set_request_timeout")]
    public static partial int AdminOptionsSetRequestTimeout(nint options, int timeoutMilliseconds, byte* text, nuint size);

    /// <returns>0, or an error that is the caller's to destroy.</returns>
    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_AdminOptions_set_isolation_level")]
    public static partial nint AdminOptionsSetIsolationLevel(nint options, int level);

    /// <returns>0, or an error that is the caller's to destroy.</returns>
    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_AdminOptions_set_include_authorized_operations")]
    public static partial nint AdminOptionsSetIncludeAuthorizedOperations(nint options, int isAsked);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_AdminOptions_destroy")]
    public static partial void AdminOptionsDestroy(nint options);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_TopicCollection_of_topic_names", StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint TopicCollectionOf(string[] topics, nuint count);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_TopicCollection_destroy")]
    public static partial void TopicCollectionDestroy(nint topics);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_DescribeTopics")]
    public static partial void DescribeTopics(nint client, nint topics, nint options, nint queue);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_event_DescribeTopics_result")]
    public static partial nint EventDescribeTopicsResult(nint answer);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_DescribeTopics_result_topics")]
    public static partial nint* DescribeTopicsResultTopics(nint result, nuint* count);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_TopicDescription_name")]
    public static partial byte* TopicDescriptionName(nint topic);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_TopicDescription_topic_id")]
    public static partial nint TopicDescriptionId(nint topic);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_Uuid_base64str")]
    public static partial byte* UuidBase64(nint uuid);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_TopicDescription_error")]
    public static partial nint TopicDescriptionError(nint topic);

    /// <returns>Null where the brokers did not tell: <c>rd_kafka_AclOperation_t</c> else.</returns>
    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_TopicDescription_authorized_operations")]
    public static partial int* TopicDescriptionAuthorizedOperations(nint topic, nuint* count);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_error_code")]
    public static partial int ErrorCodeOf(nint error);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_TopicDescription_partitions")]
    public static partial nint* TopicDescriptionPartitions(nint topic, nuint* count);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_TopicPartitionInfo_partition")]
    public static partial int TopicPartitionInfoPartition(nint partition);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_TopicPartitionInfo_leader")]
    public static partial nint TopicPartitionInfoLeader(nint partition);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_ListOffsets")]
    public static partial void ListOffsets(nint client, NativeTopicPartitionList* partitions, nint options, nint queue);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_event_ListOffsets_result")]
    public static partial nint EventListOffsetsResult(nint answer);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_ListOffsets_result_infos")]
    public static partial nint* ListOffsetsResultInfos(nint result, nuint* count);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_ListOffsetsResultInfo_timestamp")]
    public static partial long ListOffsetsResultInfoTimestamp(nint info);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_ListOffsetsResultInfo_topic_partition")]
    public static partial NativeTopicPartition* ListOffsetsResultInfoTopicPartition(nint info);
}
