namespace StreamAgg.Core.Events;

/// <summary>How the members of the objects before began: the next object of the same producer is read by comparing, not by parsing.</summary>
/// <remarks>
/// What is kept of a member is every byte from behind the comma before it to its value: the name between quotation marks, the colon, white space.
/// Where the same bytes stand again, they mean the same. Not thread-safe: one a decoder and kind.
/// </remarks>
internal sealed class MemberLayout
{
    /// <summary>Members of an object past these are parsed.</summary>
    private const int MaxMembers = 24;

    /// <summary>Longer beginnings are parsed.</summary>
    private const int MaxBytes = 32;

    private readonly byte[] bytes = new byte[MaxMembers * MaxBytes];
    private readonly (int Length, Field Field)[] members = new (int, Field)[MaxMembers];

    /// <summary>How the member of this place began when it was last learnt; empty where it was not.</summary>
    public ReadOnlySpan<byte> Beginning(int place, out Field field)
    {
        if ((uint)place >= (uint)members.Length)
        {
            field = Field.Ignored;
            return default;
        }

        (int length, field) = members[place];
        return bytes.AsSpan(place * MaxBytes, length);
    }

    public void Learn(int place, ReadOnlySpan<byte> beginning, Field field)
    {
        if (place >= MaxMembers || beginning.Length > MaxBytes)
            return;
        beginning.CopyTo(bytes.AsSpan(place * MaxBytes));
        members[place] = (beginning.Length, field);
    }
}
