using System.Diagnostics;
using System.Numerics;
using System.Runtime.InteropServices;

namespace StreamAgg.Model;

/// <summary>Breadth first over everything that can happen, so that the first violation has a shortest trace.</summary>
internal sealed class Explorer(Rules rules)
{
    /// <summary>A world past this is too large for a test.</summary>
    private const int MostStates = 6_000_000;

    private readonly Protocol protocol = new(rules);
    private readonly Dictionary<ulong, ulong> parents = [];

    public int States => parents.Count;

    public TimeSpan Elapsed { get; private set; }

    /// <summary>Null where every promise held in every state.</summary>
    public string? Violation { get; private set; }

    public bool IsExhausted { get; private set; } = true;

    public List<string> Trace { get; } = [];

    public void Explore()
    {
        long start = Stopwatch.GetTimestamp();
        Search();
        Elapsed = Stopwatch.GetElapsedTime(start);
    }

    private void Search()
    {
        State first = protocol.Initial();
        parents.Add(Fingerprint(first), 0);
        List<State> front = [first], next = [];
        var steps = new List<Step>();
        while (front.Count > 0)
        {
            foreach (ref readonly State state in CollectionsMarshal.AsSpan(front))
            {
                steps.Clear();
                ulong from = Fingerprint(state);
                protocol.Successors(state, steps);
                if (!steps.Exists(static step => step.IsProgress) && protocol.CheckQuiet(state) is { } unfinished)
                {
                    Report(from, null, unfinished);
                    return;
                }
                foreach (ref readonly Step step in CollectionsMarshal.AsSpan(steps))
                {
                    ulong to = Fingerprint(step.State);
                    if (!parents.TryAdd(to, from) && step.Violation is null)
                        continue;
                    if ((step.Violation ?? protocol.Check(step.State)) is { } broken)
                    {
                        Report(from, step, broken);
                        return;
                    }
                    next.Add(step.State);
                }
                if (parents.Count > MostStates)
                {
                    IsExhausted = false;
                    return;
                }
            }
            (front, next) = (next, front);
            next.Clear();
        }
    }

    /// <summary>Walks the parents back and the steps forward again: only fingerprints were kept.</summary>
    private void Report(ulong last, Step? final, string violation)
    {
        Violation = violation;
        var path = new Stack<ulong>();
        for (ulong at = last; at != 0; at = parents[at])
            path.Push(at);
        State state = protocol.Initial();
        path.Pop();
        var steps = new List<Step>();
        foreach (ulong wanted in path)
        {
            steps.Clear();
            protocol.Successors(state, steps);
            Step taken = steps.Find(step => Fingerprint(step.State) == wanted);
            Trace.Add(taken.Name);
            state = taken.State;
        }
        if (final is { } end)
            Trace.Add(end.Name);
    }

    /// <summary>64 bits over the state's bytes; a million states share one with a chance of one in thirty million.</summary>
    private static ulong Fingerprint(in State state)
    {
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(new ReadOnlySpan<State>(in state));
        ulong hash = 0x9E3779B97F4A7C15;
        while (bytes.Length >= 8)
        {
            hash = Mix(hash ^ BitConverter.ToUInt64(bytes));
            bytes = bytes[8..];
        }
        ulong rest = 0;
        foreach (byte b in bytes)
            rest = (rest << 8) | b;
        hash = Mix(hash ^ rest ^ ((ulong)bytes.Length << 56));
        return hash == 0 ? 1 : hash;
    }

    private static ulong Mix(ulong value)
    {
        ulong high = Math.BigMul(value, 0xD6E8FEB86659FD93, out ulong low);
        return high ^ low ^ BitOperations.RotateLeft(value, 23);
    }
}

/// <param name="Name">For a trace.</param>
/// <param name="State">Where it leads.</param>
/// <param name="IsProgress">False for what nobody has to do (a fault): a world with only such steps left is at rest.</param>
/// <param name="Violation">What the step itself breaks.</param>
internal readonly record struct Step(string Name, State State, bool IsProgress, string? Violation = null);
