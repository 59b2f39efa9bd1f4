using Confluent.Kafka;
using Microsoft.Extensions.Logging;
using StreamAgg.Kafka.Logging;
using StreamAgg.Kafka.Metadata;
using StreamAgg.Kafka.Native;
using StreamAgg.Pipeline.Log;

namespace StreamAgg.Kafka.Log;

/// <summary>Hands over what the native client has read: records, ends of partitions, what brokers say against it. On the member's thread.</summary>
internal sealed class Delivery(
    ConsumerClient client, NativeConsumer native, Assignment assignment, FetchControl fetchControl, ClientLines lines, FatalAnswers fatalAnswers,
    ILogger logger)
{
    /// <summary>True once the group has refused this member because another one holds its group.instance.id.</summary>
    public bool IsInstanceIdHeld { get; private set; }

    /// <exception cref="LogFatalException">The client or the brokers have said that it can't go on.</exception>
    public unsafe void Deliver(ReadOnlySpan<nint> messages, ILogHandler handler)
    {
        foreach (nint pointer in messages)
        {
            var message = (NativeMessage*)pointer;
            if (message->Error == 0)
            {
                DeliverRecord(message, handler);
            }
            else
            {
                DeliverEvent(message, handler);
            }
        }
    }

    private unsafe void DeliverRecord(NativeMessage* message, ILogHandler handler)
    {
        AssignedPartition? partition = assignment.Of(message);
        if (partition is not { IsRunning: true } || !partition.Accepts(message->Offset))
            return;

        int type;
        long timestamp = NativeMethods.MessageTimestamp(message, &type);
        int epoch = NativeMethods.MessageLeaderEpoch(message);
        int? leaderEpoch = epoch < 0 ? null : epoch;
        var record = new LogRecord
        {
            Source = partition.Source,
            Offset = message->Offset,
            LeaderEpoch = leaderEpoch,
            TimestampMilliseconds = timestamp < 0 ? null : timestamp,
            Key = new ReadOnlySpan<byte>(message->Key, (int)message->KeyLength),
            HasKey = message->Key != null,
            Value = new ReadOnlySpan<byte>(message->Payload, (int)message->Length),
            IsTombstone = message->Payload == null,
        };
        partition.Delivered(message->Offset, leaderEpoch);
        handler.OnRecord(in record);
    }

    private unsafe void DeliverEvent(NativeMessage* message, ILogHandler handler)
    {
        var code = (ErrorCode)message->Error;
        AssignedPartition? partition = assignment.Of(message);
        switch (code)
        {
            case ErrorCode.Local_PartitionEOF:
                if (partition is { IsRunning: true } && partition.ReachedEnd(message->Offset))
                    handler.OnPosition(partition.Source, partition.NextOffset);

                break;
            case ErrorCode.Local_AutoOffsetReset:
                MeetMissingOffset(partition, TextOf(message), handler);
                break;
            case ErrorCode.Local_Fatal:
                (int fatalCode, string reason) = client.FatalError() ?? ((int)code, TextOf(message));
                IsInstanceIdHeld = (ErrorCode)fatalCode == ErrorCode.UnreleasedInstanceId;
                throw fatalAnswers.Of((ErrorCode)fatalCode, reason);
            default:
                if (RefusedRight.IsOne(code))
                    throw fatalAnswers.Of(code, TextOf(message), partition?.Source.Topic ?? native.TopicOf(message->Topic));

                if (partition is null)
                {
                    lines.Error(code.ToString(), TextOf(message));
                }
                else
                {
                    lines.PartitionError(partition.Source.Topic, partition.Source.Partition, code.ToString(), TextOf(message));
                }

                break;
        }
    }

    private void MeetMissingOffset(AssignedPartition? partition, string reason, ILogHandler handler)
    {
        if (partition is null)
            return;

        fetchControl.Changed();
        if (partition.MetMissingOffset())
        {
            if (TruncationText.SharedEnd(reason) is { } sharedEnd)
                handler.OnTruncated(partition.Source, partition.NextOffset, sharedEnd, reason);
            else
                handler.OnOutOfRange(partition.Source, partition.NextOffset, reason);
        }
        else if (partition.IsStarted)
        {
            logger.Restarted(partition.Source.Topic, partition.Source.Partition, partition.NextOffset, reason);
        }
    }

    private static unsafe string TextOf(NativeMessage* message) =>
        message->Payload == null
            ? ((ErrorCode)message->Error).GetReason()
            : System.Text.Encoding.UTF8.GetString(message->Payload, (int)message->Length);
}
