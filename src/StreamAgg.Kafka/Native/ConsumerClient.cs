using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Confluent.Kafka;
using StreamAgg.Kafka.Logging;
using StreamAgg.Librdkafka;
using StreamAgg.Pipeline.Log;

namespace StreamAgg.Kafka.Native;

/// <summary>A native client: a member of a group, or a reader of what it is assigned.</summary>
/// <remarks>
/// The managed client can't be told to call something on a broker's thread, which <see cref="RecordReturn"/> needs, and keeps errors of its own
/// assign calls to itself. Until <see cref="Dispose"/> is through the native client calls this object, and keeps it from the collector.
/// </remarks>
internal sealed unsafe class ConsumerClient : IDisposable
{
    private const string InterceptorName = "streamagg";

    /// <summary>Where a partition of the group's begins: its owner has paused it before, and seeks.</summary>
    private const long ParkedOffset = 0;

    private readonly ClientLines lines;
    private readonly IGroupEvents? group;
    private GCHandle self;

    /// <param name="settings">The client's own properties.</param>
    /// <param name="lines">Takes what the client logs.</param>
    /// <param name="group">Null where there is none to be told of.</param>
    /// <exception cref="LogFatalException">The client refuses the settings.</exception>
    public ConsumerClient(IEnumerable<KeyValuePair<string, string>> settings, ClientLines lines, IGroupEvents? group = null)
    {
        LibrdkafkaLibrary.EnsureLoaded();
        (this.lines, this.group) = (lines, group);
        self = GCHandle.Alloc(this);
        nint opaque = GCHandle.ToIntPtr(self);
        nint configuration = NativeMethods.ConfigurationNew();
        NativeMethods.ConfigurationSetOpaque(configuration, opaque);
        NativeMethods.ConfigurationSetError(configuration, &OnError);
        NativeMethods.ConfigurationSetLog(configuration, &OnLog);
        _ = NativeMethods.ConfigurationAddNew(configuration, InterceptorName, &OnNew, opaque);
        if (group is not null)
        {
            NativeMethods.ConfigurationSetRebalance(configuration, &OnRebalance);
            NativeMethods.ConfigurationSetCommitted(configuration, &OnCommitted);
        }

        (Pointer, string? reason) = ClientFactory.Create(ClientFactory.Consumer, configuration, settings);
        if (reason is not null)
        {
            self.Free();
            throw new LogFatalException($"The Kafka client refuses its settings: {reason.TrimEnd('.')}. Correct Kafka:Client.");
        }

        _ = NativeMethods.PollSetConsumer(Pointer);
    }

    public nint Pointer { get; }

    /// <summary>Where records go that were consumed.</summary>
    public RecordReturn Records { get; } = new();

    public ErrorCode Subscribe(IReadOnlyCollection<string> topics)
    {
        using var list = new PartitionList(topics.Count);
        foreach (string topic in topics)
            list.Add(topic, Partition.Any, Offset.Unset, leaderEpoch: null);

        return (ErrorCode)NativeMethods.Subscribe(Pointer, list.Pointer);
    }

    /// <summary>Reads these from their offsets on, and nothing else, outside any group.</summary>
    public ErrorCode Assign(IReadOnlyCollection<(SourcePartition Source, long Offset)> partitions)
    {
        using var list = new PartitionList(partitions.Count);
        foreach ((SourcePartition source, long offset) in partitions)
            list.Add(source.Topic, source.Partition, offset, leaderEpoch: null);

        return (ErrorCode)NativeMethods.Assign(Pointer, list.Pointer);
    }

    /// <summary>Reads this one no longer.</summary>
    public string? Unassign(SourcePartition source)
    {
        using var list = new PartitionList(1);
        list.Add(source.Topic, source.Partition, Offset.Unset, leaderEpoch: null);
        return PartitionList.TakeError(NativeMethods.IncrementalUnassign(Pointer, list.Pointer));
    }

    public ErrorCode Unsubscribe() => (ErrorCode)NativeMethods.Unsubscribe(Pointer);

    /// <summary>Why the client can't go on; null where it can.</summary>
    public (int Code, string Text)? FatalError()
    {
        byte* text = stackalloc byte[512];
        int code = NativeMethods.FatalError(Pointer, text, 512);
        return code == 0 ? null : (code, TextOf(text));
    }

    /// <summary>Leaves the group. It has no time-out.</summary>
    public ErrorCode Close() => (ErrorCode)NativeMethods.ConsumerClose(Pointer);

    /// <summary>Waits for the client's threads. Everything that was asked of it must have been given back.</summary>
    public void Dispose()
    {
        if (!self.IsAllocated)
            return;

        Records.Free();
        NativeMethods.ClientDestroy(Pointer, NativeMethods.DestroyWithoutClose);
        self.Free();
    }

    private void Rebalance(IGroupEvents events, ErrorCode code, NativeTopicPartitionList* told)
    {
        // A list of its own, by name: what the group's holds on to may be a partition as it was before it was known.
        using var list = new PartitionList(told->Count);
        var partitions = new List<SourcePartition>(told->Count);
        foreach (ref readonly NativeTopicPartition partition in new ReadOnlySpan<NativeTopicPartition>(told->Elements, told->Count))
        {
            var source = new SourcePartition(TextOf(partition.Topic), partition.Partition);
            partitions.Add(source);
            list.Add(source.Topic, source.Partition, ParkedOffset, leaderEpoch: null);
        }

        bool isAssigned = code == ErrorCode.Local_AssignPartitions;
        if (isAssigned)
            events.OnAssigned(partitions);
        else if (NativeMethods.AssignmentLost(Pointer) != 0)
            events.OnLost(partitions);
        else
            events.OnRevoked(partitions);

        if (Follow(isAssigned, list.Pointer) is { } refused)
            events.OnRefused(refused);
    }

    /// <returns>Null, or why the client does not.</returns>
    private string? Follow(bool isAssigned, NativeTopicPartitionList* list)
    {
        if (TextOf(NativeMethods.RebalanceProtocol(Pointer)) == "COOPERATIVE")
        {
            return PartitionList.TakeError(
                isAssigned ? NativeMethods.IncrementalAssign(Pointer, list) : NativeMethods.IncrementalUnassign(Pointer, list));
        }

        var code = (ErrorCode)NativeMethods.Assign(Pointer, isAssigned ? list : null);
        return code == ErrorCode.NoError ? null : code.GetReason();
    }

    private static ConsumerClient Of(nint opaque) => (ConsumerClient)GCHandle.FromIntPtr(opaque).Target!;

    private static string TextOf(byte* text) => Marshal.PtrToStringUTF8((nint)text) ?? "";

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnNew(nint client, nint configuration, nint opaque, byte* reason, nuint reasonBytes) =>
        NativeMethods.AddResponseReceived(client, InterceptorName, &OnResponse, opaque);

    /// <summary>On the thread of the broker that answered, before it reads the answer.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnResponse(
        nint client, int socket, byte* broker, int brokerId, short api, short version, int correlation, nuint size, long took, int error, nint opaque)
    {
        Of(opaque).Records.TryFree();
        return 0;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnRebalance(nint client, int code, NativeTopicPartitionList* partitions, nint opaque)
    {
        ConsumerClient owner = Of(opaque);
        owner.Rebalance(owner.group!, (ErrorCode)code, partitions);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnCommitted(nint client, int code, NativeTopicPartitionList* offsets, nint opaque)
    {
        if (code != 0)
            Of(opaque).group!.OnCommitFailed((ErrorCode)code);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnError(nint client, int code, byte* reason, nint opaque)
    {
        ConsumerClient owner = Of(opaque);
        (int told, string text) = (ErrorCode)code == ErrorCode.Local_Fatal && owner.FatalError() is { } fatal ? fatal : (code, TextOf(reason));
        Log(() => owner.lines.OnError(new Error((ErrorCode)told, text)));
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnLog(nint client, int level, byte* facility, byte* text)
    {
        if (NativeMethods.Opaque(client) is not (nint opaque and not 0))
            return;

        (string name, string part, string line) = (TextOf(NativeMethods.Name(client)), TextOf(facility), TextOf(text));
        Log(() => Of(opaque).lines.Log(name, part, (SyslogLevel)level, line));
    }

    private static void Log(Action line)
    {
        try
        {
            line();
        }
#pragma warning disable CA1031, RCS1075 // A logger that throws: into native code it would end the process, and there is nowhere else to say it.
        catch (Exception)
#pragma warning restore CA1031, RCS1075
        {
            // The line is lost, and nothing else.
        }
    }
}
