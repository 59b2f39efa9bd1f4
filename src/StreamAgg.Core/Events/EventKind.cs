namespace StreamAgg.Core.Events;

/// <summary>What a topic's events say of their requests.</summary>
public enum EventKind
{
    /// <summary>The request succeeded.</summary>
    Usage,

    /// <summary>The request failed.</summary>
    Error,

    /// <summary>Either: each event says itself which.</summary>
    Request,
}

/// <summary>What a kind of event is called.</summary>
/// <param name="Name">In letters, metrics, schemas and options of verbs.</param>
/// <param name="Topic">Its topic's key below <c>Kafka</c>.</param>
/// <param name="Section">Its section below <c>Events</c>.</param>
/// <param name="OfOne">One of them, within a sentence.</param>
/// <param name="Meaning">A sentence.</param>
public sealed record EventKindNames(EventKind Kind, string Name, string Topic, string Section, string OfOne, string Meaning);

/// <summary>Every kind of event there is: whatever is done for each of them goes through this list.</summary>
public static class EventKinds
{
    /// <summary>By the values of <see cref="EventKind"/>.</summary>
    public static readonly IReadOnlyList<EventKindNames> All =
    [
        new(EventKind.Usage, "usage", "UsageTopic", "Usage", "a usage event", "A request that succeeded."),
        new(EventKind.Error, "error", "ErrorTopic", "Errors", "an error event", "A request that failed."),
        new(EventKind.Request, "request", "RequestTopic", "Requests", "a request's event", "A request that succeeded or failed."),
    ];

    /// <summary>What this kind is called.</summary>
    public static EventKindNames Names(this EventKind kind) => All[(int)kind];

    /// <returns>Null where no kind is called so.</returns>
    public static EventKind? Named(string? name) => All.FirstOrDefault(kind => kind.Name == name)?.Kind;
}
