namespace StreamAgg.Pipeline.Members;

/// <summary>The pipeline ends itself, in order: a person has to decide or mend something. The message says what.</summary>
public sealed class PipelineStoppedException(string message, Exception? inner = null) : Exception(message, inner);
