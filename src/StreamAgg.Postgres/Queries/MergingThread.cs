using System.Collections.Concurrent;

namespace StreamAgg.Postgres.Queries;

/// <summary>One thread on which all merging for readers is done, whoever asks and whoever has gone away meanwhile.</summary>
/// <remarks>
/// The pool has a thread a processor and adds none while all of them are busy: two merges there, and on two processors nothing else is answered until
/// one of them is over. What waits for the database in between, waits off this thread, and comes back to it.
/// </remarks>
internal sealed class MergingThread : TaskScheduler
{
    private static readonly MergingThread One = new();

    private readonly BlockingCollection<Task> waiting = [];

    private MergingThread() => new Thread(Run) { IsBackground = true, Name = "merging" }.Start();

    public override int MaximumConcurrencyLevel => 1;

    public static Task<T> RunAsync<T>(Func<Task<T>> work, CancellationToken cancellation) =>
        Task.Factory.StartNew(work, cancellation, TaskCreationOptions.DenyChildAttach, One).Unwrap();

    protected override void QueueTask(Task task) => waiting.Add(task, CancellationToken.None);

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

    protected override IEnumerable<Task> GetScheduledTasks() => waiting;

    private void Run()
    {
        foreach (Task task in waiting.GetConsumingEnumerable())
            TryExecuteTask(task);
    }
}
