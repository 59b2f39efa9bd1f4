using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace StreamAgg.Core.Events;

/// <summary>The names that are read of one kind of events, told apart by their length and by two loads at their ends.</summary>
internal sealed class FieldNames
{
    /// <summary>Two loads of 8 bytes, or of 4, cover a name of up to this length.</summary>
    private const int MostCovered = 16;

    private readonly record struct Name(ulong Head, ulong Tail, byte[] Utf8, Field Field);

    private readonly Name[][] byLength;

    /// <param name="fields">Names in UTF-8, none empty, and what is read under them.</param>
    public FieldNames(IReadOnlyCollection<(byte[] Name, Field Field)> fields) =>
        byLength = [.. Enumerable.Range(0, fields.Max(field => field.Name.Length) + 1).Select(length => fields
            .Where(field => field.Name.Length == length)
            .Select(field => new Name(Head(field.Name), Tail(field.Name), field.Name, field.Field)).ToArray())];

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
            if (candidate.Head == head && candidate.Tail == tail && (name.Length <= MostCovered || name.SequenceEqual(candidate.Utf8)))
                return candidate.Field;
        }

        return Field.Ignored;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Head(ReadOnlySpan<byte> name) =>
        name.Length >= 8 ? MemoryMarshal.Read<ulong>(name) : name.Length >= 4 ? MemoryMarshal.Read<uint>(name) : Short(name);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Tail(ReadOnlySpan<byte> name) =>
        name.Length >= 8 ? MemoryMarshal.Read<ulong>(name[^8..]) : name.Length >= 4 ? MemoryMarshal.Read<uint>(name[^4..]) : 0;

    /// <summary>All of one to three bytes.</summary>
    private static ulong Short(ReadOnlySpan<byte> name) => (uint)(name[0] | (name[name.Length / 2] << 8) | (name[^1] << 16));
}
