using System.Diagnostics;

namespace StreamAgg.Fuzz.Targets;

/// <summary>A reader of bytes that strangers may have written, and what must hold whatever they are. Not thread-safe.</summary>
internal abstract class Target
{
    /// <summary>Far beyond what any input here takes: it tells what grows with the square of its input.</summary>
    private static readonly TimeSpan MaxTime = TimeSpan.FromSeconds(1);

    /// <summary>What is slow each time is slow; once or twice, the machine was busy with something else.</summary>
    private const int Tries = 5;

    /// <summary>Beside the input's own share: what buffers that grow for the first time take.</summary>
    private const long MaxBytes = 8 << 20;
    private const long MaxBytesPerByte = 256;

    public abstract string Name { get; }

    /// <summary>Right ones, of every kind: where mutation begins.</summary>
    public abstract IReadOnlyList<byte[]> Seeds { get; }

    /// <summary>What mutation puts in, as somebody would who knows the format.</summary>
    public abstract IReadOnlyList<byte[]> Words { get; }

    /// <returns>What was made of it, in a few words: an input with words that were not heard before is mutated further.</returns>
    /// <exception cref="BrokenPromiseException">Something does not hold.</exception>
    public string Try(byte[] input)
    {
        for (int left = Tries; ; left--)
        {
            long bytes = GC.GetAllocatedBytesForCurrentThread(), began = Stopwatch.GetTimestamp();
            string made = Read(input);
            TimeSpan took = Stopwatch.GetElapsedTime(began);
            bytes = GC.GetAllocatedBytesForCurrentThread() - bytes;
            Promise(bytes < MaxBytes + (MaxBytesPerByte * input.Length), $"it took {bytes} bytes of memory");
            if (took < MaxTime)
                return made;
            Promise(left > 1, $"it took {took.TotalSeconds:0.0} s");
        }
    }

    /// <summary>Any exception that it lets pass is a fault.</summary>
    protected abstract string Read(byte[] input);

    protected static void Promise(bool holds, string otherwise)
    {
        if (!holds)
            throw new BrokenPromiseException(otherwise);
    }
}

internal sealed class BrokenPromiseException(string what) : Exception(what);
