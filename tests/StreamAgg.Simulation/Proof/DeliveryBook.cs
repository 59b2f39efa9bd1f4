using System.Runtime.InteropServices;
using StreamAgg.Pipeline.Log;
using StreamAgg.Simulation.Log;

namespace StreamAgg.Simulation.Proof;

/// <summary>What was delivered to whom, under which claim: the only account of what a checkpoint may have counted.</summary>
internal sealed class DeliveryBook
{
    private readonly Dictionary<(string Client, SourcePartition Source), long> claims = [];
    private readonly Dictionary<(SourcePartition Source, long Epoch), Session> sessions = [];
    private readonly Dictionary<string, List<Session>> byClient = [];

    /// <summary>A claim's answer reached its client. Answers may overtake each other; the newest claim is the one that can still write.</summary>
    public void ClaimAnswered(string client, SourcePartition source, long epoch)
    {
        if (!claims.TryGetValue((client, source), out long known) || epoch > known)
            claims[(client, source)] = epoch;
    }

    /// <returns>Where deliveries from now on are noted; null where nothing was claimed.</returns>
    public Session? Started(string client, SourcePartition source)
    {
        if (!claims.TryGetValue((client, source), out long epoch))
            return null;
        if (!sessions.TryGetValue((source, epoch), out Session? session))
        {
            sessions.Add((source, epoch), session = new Session(client));
            if (!byClient.TryGetValue(client, out List<Session>? all))
                byClient.Add(client, all = []);
            all.Add(session);
        }
        session.Restarted();
        return session;
    }

    /// <summary>The client takes a checkpoint's contents now: whatever is committed of it later is what was delivered by this moment.</summary>
    public void Cut(string client)
    {
        if (!byClient.TryGetValue(client, out List<Session>? all))
            return;
        foreach (Session session in all)
            session.Cut();
    }

    public Session? Find(SourcePartition source, long epoch) => sessions.GetValueOrDefault((source, epoch));

    /// <summary>The deliveries of one claim, in order, and how many of them a checkpoint has written.</summary>
    internal sealed class Session(string client)
    {
        public string Client { get; } = client;

        private readonly List<LogEntry> deliveries = [];

        public int Committed { get; private set; }

        private int restart;

        /// <summary>
        /// Reading starts again, perhaps at a smaller offset where the log was truncated. What was read before was in the log then: it counts.
        /// </summary>
        public void Restarted() => restart = deliveries.Count;

        private int stop;

        /// <summary>Reading stands still: the log does not hold what comes next.</summary>
        public void Stopped() => stop = deliveries.Count;

        public void Delivered(LogEntry entry) => deliveries.Add(entry);

        public void Cut() => AtCut = new Reading(deliveries.Count, restart, stop);

        public Reading AtCut { get; private set; }

        /// <summary>Takes what had been read before the reading came to stand at the offset.</summary>
        public ReadOnlySpan<LogEntry> CommitUpTo(long nextOffset, Reading reading, bool wentBack)
        {
            int floor = Math.Max(Committed, wentBack ? Math.Max(reading.Restart, reading.Stop) : reading.Restart);
            int end = Math.Max(reading.Count, floor);
            while (end > floor && deliveries[end - 1].Offset >= nextOffset)
                end--;
            int start = Committed;
            Committed = end;
            return CollectionsMarshal.AsSpan(deliveries)[start..end];
        }
    }
}

/// <summary>How far a claim's deliveries had come.</summary>
/// <param name="Count">All of them.</param>
/// <param name="Restart">Those before the last time that the reading was started.</param>
/// <param name="Stop">Those before the last time that it found itself out of range.</param>
internal readonly record struct Reading(int Count, int Restart, int Stop);
