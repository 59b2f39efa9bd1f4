namespace StreamAgg.Testing.Kafka;

/// <summary>What a test may need of a broker and the embedded one lacks.</summary>
public enum KafkaFeature
{
    /// <summary>Topics made, changed and deleted by an administrator, records deleted.</summary>
    Administration,

    /// <summary>Transactional producers and their control records.</summary>
    Transactions,

    /// <summary>The consumer group protocol of KIP-848.</summary>
    ConsumerProtocol,

    /// <summary>Several members of one group: the embedded broker never finishes handing partitions from one to another.</summary>
    SharedGroups,

    /// <summary>Members with a <c>group.instance.id</c>, known again after a restart: the embedded broker takes each for a new one.</summary>
    StaticMembers,

    /// <summary>A broker killed, frozen, started again with its data.</summary>
    NodeFaults,

    /// <summary>A listener with TLS and logins.</summary>
    SecureListener,

    /// <summary>A backlog of more than five megabytes a partition.</summary>
    Backlog,
}
