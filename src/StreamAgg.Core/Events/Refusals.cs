namespace StreamAgg.Core.Events;

/// <summary>What of one record is refused: event by event up to a hundred, past that one entry a reason.</summary>
/// <remarks>So a record that holds half a million bad events takes no more memory, here and in every letter, than one with a hundred.</remarks>
internal sealed class Refusals
{
    /// <summary>So many events of a record are refused one by one.</summary>
    public const int MaxSingle = 100;

    // Past the hundred there is an entry a reason, and reasons are a fixed set of some dozen.
    private readonly Refusal[] entries = new Refusal[MaxSingle];
    private int count, recordBytes;
    private bool isCollapsed;

    public ReadOnlySpan<Refusal> Entries => entries.AsSpan(0, count);

    /// <summary>Refused events; a record that is refused whole is one.</summary>
    public int Events { get; private set; }

    /// <param name="bytes">Of the record.</param>
    /// <param name="collapses">True where events can't be refused one by one, since their bytes alone could not be read.</param>
    public void BeginRecord(int bytes, bool collapses)
    {
        if (count > 0)
            entries.AsSpan(0, count).Clear();
        (count, Events, isCollapsed, recordBytes) = (0, 0, collapses, bytes);
    }

    /// <summary>Counts another event of a reason that has an entry for all of its events.</summary>
    /// <returns>False where the event needs an entry, and with it a detail.</returns>
    public bool TryCount(string reason, int eventIndex)
    {
        if (!isCollapsed)
            return false;
        foreach (ref Refusal entry in entries.AsSpan(0, count))
            if (entry.Reason == reason)
            {
                entry = entry with { Events = entry.Events + 1 };
                entry.Places!.Add(eventIndex);
                Events++;
                return true;
            }
        return false;
    }

    public void Add(in Refusal refusal)
    {
        if (count == MaxSingle)
            Collapse();
        if (TryCount(refusal.Reason, refusal.EventIndex))
            return;
        entries[count] = refusal;
        if (isCollapsed && refusal.EventIndex != Refusal.WholeRecord)
        {
            entries[count] = OfRecord(refusal) with { Places = new EventPlaces() };
            entries[count].Places!.Add(refusal.EventIndex);
        }
        count++;
        Events++;
    }

    /// <summary>What is alone in its record is refused with all of the record's bytes.</summary>
    public void CoverRecord()
    {
        if (count == 1)
            entries[0] = OfRecord(entries[0]);
    }

    private void Collapse()
    {
        isCollapsed = true;
        Refusal[] singles = [.. entries];
        (count, Events) = (0, 0);
        foreach (ref readonly Refusal single in singles.AsSpan())
            Add(single);
    }

    private Refusal OfRecord(in Refusal first) => first with { Start = 0, Length = recordBytes };
}
