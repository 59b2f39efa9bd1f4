using System.Runtime.InteropServices;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using StreamAgg.Kafka.Native;
using StreamAgg.Pipeline.Log;

namespace StreamAgg.Kafka.Metadata;

/// <summary>Questions to the brokers by the native client's own calls. Each waits, up to its time-out, on the thread that asks it.</summary>
/// <remarks>
/// Not by the managed client's: its reader of DescribeTopics fails on a partition with no replica in sync, answers that by freeing the client and
/// its queue, and the next question then runs in freed memory (Confluent.Kafka 2.15.1, AdminClient.StartPollTask and extractNodeList).
/// </remarks>
internal sealed unsafe class BrokerQuestions(IClient client)
{
    /// <summary>What the client adds to a request's own time-out before it gives up.</summary>
    private const int MarginMilliseconds = 1000;

    /// <summary><c>rd_kafka_admin_op_t</c>, as rdkafka.h numbers it.</summary>
    private const int OperationDescribeTopics = 19;
    private const int OperationListOffsets = 21;

    /// <summary><c>rd_kafka_IsolationLevel_t</c>.</summary>
    private const int ReadCommitted = 1;

    /// <param name="topics">Each once.</param>
    /// <param name="timeout">Of the request.</param>
    /// <param name="asksRights">Whether the answers tell what this user may do.</param>
    /// <exception cref="KafkaException">No broker answered, or one refused.</exception>
    /// <exception cref="ObjectDisposedException">The client is gone.</exception>
    public IReadOnlyList<TopicAnswer> DescribeTopics(string[] topics, TimeSpan timeout, bool asksRights = false)
    {
        using var held = ClientHandle.Of(client);
        nint collection = NativeMethods.TopicCollectionOf(topics, (nuint)topics.Length);
        try
        {
            return Ask(
                held, OperationDescribeTopics, timeout,
                (options, queue) =>
                {
                    if (asksRights)
                        Check(NativeMethods.AdminOptionsSetIncludeAuthorizedOperations(options, 1));
                    NativeMethods.DescribeTopics(held.Pointer, collection, options, queue);
                },
                TopicsOf);
        }
        finally
        {
            NativeMethods.TopicCollectionDestroy(collection);
        }
    }

    /// <summary>Uncommitted records and control records count: the end is the high watermark, unless what is decided is asked for.</summary>
    /// <param name="partitions">Each once.</param>
    /// <param name="time">Milliseconds since 1970, or one of the protocol's negative numbers for the beginning, the end and the newest
    /// timestamp.</param>
    /// <param name="timeout">Of each request; a broker that is silent past it leaves its partitions at the offset "unset".</param>
    /// <param name="isDecided">The end is the last stable offset: no transaction is open before it.</param>
    /// <exception cref="KafkaException">The leaders could not be found out, or all refused.</exception>
    /// <exception cref="ObjectDisposedException">The client is gone.</exception>
    public IReadOnlyList<OffsetAnswer> ListOffsets(
        IReadOnlyCollection<SourcePartition> partitions, long time, TimeSpan timeout, bool isDecided = false)
    {
        using var held = ClientHandle.Of(client);
        using var list = new PartitionList(partitions.Count);
        foreach (SourcePartition partition in partitions)
            list.Add(partition.Topic, partition.Partition, time, leaderEpoch: null);

        NativeTopicPartitionList* pointer = list.Pointer;
        return Ask(
            held, OperationListOffsets, timeout,
            (options, queue) =>
            {
                if (isDecided)
                    Check(NativeMethods.AdminOptionsSetIsolationLevel(options, ReadCommitted));
                NativeMethods.ListOffsets(held.Pointer, pointer, options, queue);
            },
            OffsetsOf);
    }

    private static void Check(nint refused)
    {
        if (refused == 0)
            return;
        int code = NativeMethods.ErrorCodeOf(refused);
        NativeMethods.ErrorDestroy(refused);
        throw new KafkaException((ErrorCode)code);
    }

    private static T Ask<T>(ClientHandle client, int operation, TimeSpan timeout, Action<nint, nint> ask, Func<nint, T> read)
    {
        int milliseconds = (int)timeout.TotalMilliseconds;
        nint options = NativeMethods.AdminOptionsNew(client.Pointer, operation);
        nint queue = NativeMethods.QueueNew(client.Pointer);
        nint answer = 0;
        try
        {
            byte* text = stackalloc byte[256];
            int refused = NativeMethods.AdminOptionsSetRequestTimeout(options, milliseconds, text, 256);
            Check(refused, text);
            ask(options, queue);
            answer = NativeMethods.QueuePoll(queue, milliseconds + MarginMilliseconds);
            if (answer == 0)
                throw new KafkaException(ErrorCode.Local_TimedOut);

            Check(NativeMethods.EventError(answer), NativeMethods.EventErrorString(answer));
            return read(answer);
        }
        finally
        {
            if (answer != 0)
                NativeMethods.EventDestroy(answer);

            // An answer that comes later keeps what is behind the queue alive by itself and goes with it.
            NativeMethods.QueueDestroy(queue);
            NativeMethods.AdminOptionsDestroy(options);
        }
    }

    private static void Check(int code, byte* text)
    {
        if (code != 0)
            throw new KafkaException(new Error((ErrorCode)code, Marshal.PtrToStringUTF8((nint)text) ?? ((ErrorCode)code).GetReason()));
    }

    private static IReadOnlyList<TopicAnswer> TopicsOf(nint answer)
    {
        nuint count;
        nint* topics = NativeMethods.DescribeTopicsResultTopics(NativeMethods.EventDescribeTopicsResult(answer), &count);
        var answers = new List<TopicAnswer>((int)count);
        for (nuint i = 0; i < count; i++)
            answers.Add(TopicOf(topics[i]));

        return answers;
    }

    private static TopicAnswer TopicOf(nint topic)
    {
        nuint count;
        nint* partitions = NativeMethods.TopicDescriptionPartitions(topic, &count);
        var leaderless = new HashSet<int>();
        for (nuint i = 0; i < count; i++)
        {
            if (NativeMethods.TopicPartitionInfoLeader(partitions[i]) == 0)
                leaderless.Add(NativeMethods.TopicPartitionInfoPartition(partitions[i]));
        }

        nint error = NativeMethods.TopicDescriptionError(topic);
        return new TopicAnswer(
            Text(NativeMethods.TopicDescriptionName(topic)),
            Text(NativeMethods.UuidBase64(NativeMethods.TopicDescriptionId(topic))),
            (int)count,
            leaderless,
            error == 0 ? ErrorCode.NoError : (ErrorCode)NativeMethods.ErrorCodeOf(error))
        {
            Rights = RightsOf(topic),
        };
    }

    private static HashSet<AclOperation>? RightsOf(nint topic)
    {
        nuint count;
        int* operations = NativeMethods.TopicDescriptionAuthorizedOperations(topic, &count);
        return operations is null ? null
            : new ReadOnlySpan<int>(operations, (int)count).ToArray().Select(operation => (AclOperation)operation).ToHashSet();
    }

    private static IReadOnlyList<OffsetAnswer> OffsetsOf(nint answer)
    {
        nuint count;
        nint* infos = NativeMethods.ListOffsetsResultInfos(NativeMethods.EventListOffsetsResult(answer), &count);
        var answers = new List<OffsetAnswer>((int)count);
        for (nuint i = 0; i < count; i++)
        {
            NativeTopicPartition* partition = NativeMethods.ListOffsetsResultInfoTopicPartition(infos[i]);
            answers.Add(new OffsetAnswer(Text(partition->Topic), partition->Partition, partition->Offset, (ErrorCode)partition->Error)
            {
                TimestampMilliseconds = NativeMethods.ListOffsetsResultInfoTimestamp(infos[i]),
            });
        }

        return answers;
    }

    private static string Text(byte* text) => Marshal.PtrToStringUTF8((nint)text) ?? "";
}

/// <param name="Id">The incarnation, in base 64.</param>
/// <param name="PartitionCount">0 where there is an error.</param>
/// <param name="Leaderless">The partitions that no broker leads now.</param>
/// <param name="Error">Why the brokers did not describe this one.</param>
internal sealed record TopicAnswer(string Name, string Id, int PartitionCount, IReadOnlySet<int> Leaderless, ErrorCode Error)
{
    /// <summary>What this user may do with it; null where that was not asked for, or the brokers do not tell.</summary>
    public IReadOnlySet<AclOperation>? Rights { get; init; }
}

/// <param name="Offset">Negative where there is none: -1 where no record is that young, -1001 where nobody answered.</param>
/// <param name="Error">Why this one was not told.</param>
internal readonly record struct OffsetAnswer(string Topic, int Partition, long Offset, ErrorCode Error)
{
    /// <summary>Of the record at that offset, where it was asked for by its time; negative where it was not.</summary>
    public long TimestampMilliseconds { get; init; }
}
