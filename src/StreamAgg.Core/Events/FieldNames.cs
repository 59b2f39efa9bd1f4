using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace StreamAgg.Core.Events;

/// <summary>The names that are read of one kind of events, told apart by their length and by two loads that cover them.</summary>
internal sealed class FieldNames
{
    /// <summary>Two loads of 8 bytes, or of 4, cover a name of this length and no longer or shorter one.</summary>
    private const int Shortest = 4, Longest = 16;

    private readonly record struct Name(ulong Head, ulong Tail, Field Field);

    private readonly Name[][] byLength;

    /// <exception cref="ArgumentException">A name is shorter than 4 bytes or longer than 16.</exception>
    public FieldNames(IEnumerable<EventField> fields)
    {
        EventField[] all = [.. fields];
        if (Array.Find(all, field => field.Utf8.Length is < Shortest or > Longest) is { } other)
            throw new ArgumentException($"The name {other.Name} has {other.Utf8.Length} bytes, not {Shortest} to {Longest}.", nameof(fields));
        byLength = [.. Enumerable.Range(0, all.Max(field => field.Utf8.Length) + 1).Select(length => all
            .Where(field => field.Utf8.Length == length).Select(field => new Name(Head(field.Utf8), Tail(field.Utf8), field.Id)).ToArray())];
    }

    /// <summary>In bytes.</summary>
    public int LongestName => byLength.Length - 1;

    /// <param name="name">UTF-8, unescaped.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Field Find(ReadOnlySpan<byte> name)
    {
        Name[][] names = byLength;
        if ((uint)name.Length >= (uint)names.Length || names[name.Length] is not { Length: > 0 } candidates)
            return Field.Ignored;
        ulong head = Head(name), tail = Tail(name);
        foreach (ref readonly Name candidate in candidates.AsSpan())
        {
            if (candidate.Head == head && candidate.Tail == tail)
                return candidate.Field;
        }

        return Field.Ignored;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Head(ReadOnlySpan<byte> name) =>
        name.Length >= 8 ? MemoryMarshal.Read<ulong>(name) : MemoryMarshal.Read<uint>(name);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Tail(ReadOnlySpan<byte> name) =>
        name.Length >= 8 ? MemoryMarshal.Read<ulong>(name[^8..]) : MemoryMarshal.Read<uint>(name[^4..]);
}
