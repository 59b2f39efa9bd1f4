using System.Text;

namespace StreamAgg.Core.Shapes;

/// <summary>A place within a record that some path leads to or through: all paths together are a tree of these.</summary>
internal sealed class ShapeNode
{
    /// <summary>The place of the object that is the event, among those of fields.</summary>
    public const int Root = -1;

    // The length tells most names apart.
    private readonly ShapeNode[][] membersByLength;
    private readonly ShapeNode[] chosen;

    /// <param name="paths">Of fields, by their places, and of the root: those that lead here.</param>
    /// <param name="depth">How many of their steps do.</param>
    private ShapeNode(IReadOnlyList<(int Place, IReadOnlyList<PathStep> Steps)> paths, int depth)
    {
        IsRoot = paths.Any(path => path.Place == Root && path.Steps.Count == depth);
        LeadsToRoot = paths.Any(path => path.Place == Root && path.Steps.Count > depth);
        Fields = [.. paths.Where(path => path.Place != Root && path.Steps.Count == depth).Select(path => path.Place)];
        All = [.. paths.Where(path => path.Place != Root).Select(path => path.Place)];
        PathStep? own = depth == 0 ? null : paths[0].Steps[depth - 1];
        (Name, Key, Value) = (Utf8(own?.Name), Utf8(own?.Key), Utf8(own?.Value));
        ShapeNode[] next =
        [
            .. paths.Where(path => path.Steps.Count > depth).GroupBy(path => path.Steps[depth]).Select(same => new ShapeNode([.. same], depth + 1)),
        ];
        ShapeNode[] members = [.. next.Where(node => node.Name.Length > 0)];
        chosen = [.. next.Where(node => node.Key.Length > 0)];
        Each = next.FirstOrDefault(node => node.Name.Length == 0 && node.Key.Length == 0);
        LongestName = members.Length == 0 ? 0 : members.Max(member => member.Name.Length);
        membersByLength =
        [
            .. Enumerable.Range(0, LongestName + 1).Select(length => members.Where(member => member.Name.Length == length).ToArray()),
        ];
        (HasMembers, HasElements) = (members.Length > 0, chosen.Length > 0 || Each is not null);
    }

    /// <summary>True where the object that is the event lies here.</summary>
    public bool IsRoot { get; }

    /// <summary>True where it lies below.</summary>
    public bool LeadsToRoot { get; }

    /// <summary>The fields whose value lies here.</summary>
    public int[] Fields { get; }

    /// <summary>These and all below.</summary>
    public int[] All { get; }

    public bool HasMembers { get; }

    public bool HasElements { get; }

    /// <summary>In bytes, of the members.</summary>
    public int LongestName { get; }

    /// <summary>What each element of the array here is; null where no path goes on so.</summary>
    public ShapeNode? Each { get; }

    /// <summary>The elements of the array here that a member of theirs chooses.</summary>
    public ReadOnlySpan<ShapeNode> Chosen => chosen;

    public byte[] Key { get; }

    public byte[] Value { get; }

    private byte[] Name { get; }

    /// <param name="root">Null where the whole value is the event.</param>
    /// <param name="fields">By their places, each from the root on.</param>
    public static ShapeNode Of(ShapePath? root, IEnumerable<(int Place, ShapePath Path)> fields)
    {
        IReadOnlyList<PathStep> first = root?.Steps ?? [];
        return new ShapeNode([(Root, first), .. fields.Select(field => (field.Place, (IReadOnlyList<PathStep>)[.. first, .. field.Path.Steps]))], 0);
    }

    /// <param name="name">UTF-8, unescaped.</param>
    public ShapeNode? Member(ReadOnlySpan<byte> name)
    {
        if (name.Length < membersByLength.Length)
            foreach (ShapeNode member in membersByLength[name.Length])
                if (name.SequenceEqual(member.Name))
                    return member;
        return null;
    }

    private static byte[] Utf8(string? text) => Encoding.UTF8.GetBytes(text ?? "");
}
