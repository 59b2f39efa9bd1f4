using System.Runtime.InteropServices;
using StreamAgg.Librdkafka;

namespace StreamAgg.Kafka.Native;

/// <summary>A client as a member of a group: made, subscribed, told of its partitions, closed.</summary>
internal static unsafe partial class NativeMethods
{
    /// <summary><c>RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE</c>: whoever wants the group left says so before.</summary>
    public const int DestroyWithoutClose = 0x8;

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_conf_set_opaque")]
    public static partial void ConfigurationSetOpaque(nint configuration, nint opaque);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_conf_set_rebalance_cb")]
    public static partial void ConfigurationSetRebalance(
        nint configuration, delegate* unmanaged[Cdecl]<nint, int, NativeTopicPartitionList*, nint, void> callback);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_conf_set_offset_commit_cb")]
    public static partial void ConfigurationSetCommitted(
        nint configuration, delegate* unmanaged[Cdecl]<nint, int, NativeTopicPartitionList*, nint, void> callback);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_conf_set_error_cb")]
    public static partial void ConfigurationSetError(nint configuration, delegate* unmanaged[Cdecl]<nint, int, byte*, nint, void> callback);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_conf_set_log_cb")]
    public static partial void ConfigurationSetLog(nint configuration, delegate* unmanaged[Cdecl]<nint, int, byte*, byte*, void> callback);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_conf_interceptor_add_on_new", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int ConfigurationAddNew(
        nint configuration, string name, delegate* unmanaged[Cdecl]<nint, nint, nint, byte*, nuint, int> callback, nint opaque);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_interceptor_add_on_response_received", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int AddResponseReceived(
        nint client, string name, delegate* unmanaged[Cdecl]<nint, int, byte*, int, short, short, int, nuint, long, int, nint, int> callback,
        nint opaque);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_opaque")]
    public static partial nint Opaque(nint client);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_poll_set_consumer")]
    public static partial int PollSetConsumer(nint client);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_subscribe")]
    public static partial int Subscribe(nint client, NativeTopicPartitionList* topics);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_unsubscribe")]
    public static partial int Unsubscribe(nint client);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_rebalance_protocol")]
    public static partial byte* RebalanceProtocol(nint client);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_assignment_lost")]
    public static partial int AssignmentLost(nint client);

    /// <param name="partitions">Null to give all of them up.</param>
    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_assign")]
    public static partial int Assign(nint client, NativeTopicPartitionList* partitions);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_consumer_close")]
    public static partial int ConsumerClose(nint client);

    [LibraryImport(LibrdkafkaLibrary.Name, EntryPoint = "rd_kafka_destroy_flags")]
    public static partial void ClientDestroy(nint client, int flags);
}
