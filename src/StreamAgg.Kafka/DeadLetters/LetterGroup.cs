namespace StreamAgg.Kafka.DeadLetters;

/// <summary>The letters between two flushes: complete once closed and all of them are stored. Safe from any thread.</summary>
internal sealed class LetterGroup
{
    private readonly TaskCompletionSource completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // One for being open, so that it can't complete while letters may still be added.
    private int pending = 1;

    public Task Completion => completion.Task;

    public void Add() => Interlocked.Increment(ref pending);

    public void Done()
    {
        if (Interlocked.Decrement(ref pending) == 0)
            completion.TrySetResult();
    }

    public void Close() => Done();

    public void Fail(Exception reason) => completion.TrySetException(reason);
}
