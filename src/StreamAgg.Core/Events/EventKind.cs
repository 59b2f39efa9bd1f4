namespace StreamAgg.Core.Events;

/// <summary>What an event says of its request. The topic decides, not the content.</summary>
public enum EventKind
{
    /// <summary>The request succeeded.</summary>
    Usage,

    /// <summary>The request failed.</summary>
    Error,
}
