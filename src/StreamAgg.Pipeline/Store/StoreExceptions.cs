namespace StreamAgg.Pipeline.Store;

/// <summary>The store could not do it and has written nothing: an outage, a refusal, a lock that took too long. Worth another try.</summary>
public sealed class StoreUnavailableException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The connection was lost after COMMIT was sent: written, about to be, or never. Read the fences back.</summary>
public sealed class CommitOutcomeUnknownException(string message, Exception? inner = null) : Exception(message, inner);
