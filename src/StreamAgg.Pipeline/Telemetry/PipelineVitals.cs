namespace StreamAgg.Pipeline.Telemetry;

/// <summary>What this process knows of itself without asking anybody: it can be told while both servers are away.</summary>
/// <param name="CheckpointAge">Since the last checkpoint of the partition here that waits longest for one; zero where there is no partition.</param>
/// <param name="FailedCheckpoints">Since the process started.</param>
/// <param name="FailedPublications">Since the process started.</param>
/// <param name="HeldBytes">Of partials, of checkpoints on their way and of dead letters that wait: what reading is held against.</param>
public sealed record PipelineVitals(
    TimeSpan CheckpointAge, long FailedCheckpoints, long FailedPublications, long PendingLetters, long PendingLetterBytes, long HeldBytes,
    bool IsPaused);
