using System.Runtime.InteropServices;
using StreamAgg.Librdkafka;

namespace StreamAgg.Kafka.Native;

/// <summary>What the managed client lacks: batches without an object a record, seeks with a leader epoch, commits that do not wait.</summary>
internal static unsafe partial class NativeMethods
{
    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_name")]
    public static partial byte* Name(nint client);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_consumer_group_metadata")]
    public static partial nint GroupMetadata(nint client);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_consumer_group_metadata_generation_id")]
    public static partial int GroupGeneration(nint metadata);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_consumer_group_metadata_destroy")]
    public static partial void GroupMetadataDestroy(nint metadata);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_queue_get_consumer")]
    public static partial nint QueueGetConsumer(nint client);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_queue_destroy")]
    public static partial void QueueDestroy(nint queue);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_consume_batch_queue")]
    public static partial nint ConsumeBatchQueue(nint queue, int timeoutMilliseconds, NativeMessage** messages, nuint size);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_message_destroy")]
    public static partial void MessageDestroy(NativeMessage* message);

    // Reads two fields and returns: shorter than the runtime's own switch to native code and back.
    [SuppressGCTransition]
    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_message_timestamp")]
    public static partial long MessageTimestamp(NativeMessage* message, int* type);

    [SuppressGCTransition]
    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_message_leader_epoch")]
    public static partial int MessageLeaderEpoch(NativeMessage* message);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_topic_new", StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint TopicNew(nint client, string topic, nint configuration);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_topic_destroy")]
    public static partial void TopicDestroy(nint topic);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_topic_name")]
    public static partial byte* TopicName(nint topic);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_topic_partition_list_new")]
    public static partial NativeTopicPartitionList* ListNew(int size);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_topic_partition_list_add", StringMarshalling = StringMarshalling.Utf8)]
    public static partial NativeTopicPartition* ListAdd(NativeTopicPartitionList* list, string topic, int partition);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_topic_partition_list_destroy")]
    public static partial void ListDestroy(NativeTopicPartitionList* list);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_topic_partition_set_leader_epoch")]
    public static partial void SetLeaderEpoch(NativeTopicPartition* partition, int leaderEpoch);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_seek_partitions")]
    public static partial nint SeekPartitions(nint client, NativeTopicPartitionList* partitions, int timeoutMilliseconds);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_pause_partitions")]
    public static partial int PausePartitions(nint client, NativeTopicPartitionList* partitions);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_resume_partitions")]
    public static partial int ResumePartitions(nint client, NativeTopicPartitionList* partitions);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_incremental_assign")]
    public static partial nint IncrementalAssign(nint client, NativeTopicPartitionList* partitions);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_incremental_unassign")]
    public static partial nint IncrementalUnassign(nint client, NativeTopicPartitionList* partitions);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_commit")]
    public static partial int Commit(nint client, NativeTopicPartitionList* offsets, int isAsync);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_fatal_error")]
    public static partial int FatalError(nint client, byte* text, nuint size);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_error_string")]
    public static partial byte* ErrorString(nint error);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_error_destroy")]
    public static partial void ErrorDestroy(nint error);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_conf_new")]
    public static partial nint ConfigurationNew();

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_conf_set", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int ConfigurationSet(nint configuration, string name, string value, byte* text, nuint size);

    /// <summary>Takes the configuration over where it succeeds; 0 and a reason where it does not.</summary>
    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_new")]
    public static partial nint ClientNew(int type, nint configuration, byte* text, nuint size);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_destroy")]
    public static partial void ClientDestroy(nint client);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_conf_destroy")]
    public static partial void ConfigurationDestroy(nint configuration);
}
