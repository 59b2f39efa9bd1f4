using System.Text.Json;

namespace StreamAgg.Core.Shapes;

/// <summary>What stands where the event should.</summary>
internal enum ShapeRoot
{
    /// <summary>Nothing, or null.</summary>
    Absent,

    /// <summary>Something else, there or on the way.</summary>
    NoObject,

    /// <summary>An object in which not one of the fields stands.</summary>
    Unknown,

    Event,
}

/// <summary>Takes events where one value holds several.</summary>
internal interface IShapeSink
{
    /// <summary>The fields are read, and good until this returns.</summary>
    void OnEvent(ShapeRoot root);
}

/// <summary>Reads fields from where paths lead, in one pass over a value's bytes and without a tree of them.</summary>
/// <remarks>
/// What a path ends at is copied, since it may lie in a string that holds JSON, which has to be unescaped first. Only an array whose elements
/// are chosen is looked at twice. Of a name given twice the last one counts, but on the way to a root of several events both do. Memory is
/// bounded by the record's length times the longest path's. Not thread-safe.
/// </remarks>
/// <param name="rootPath">Null where the whole value is the event.</param>
/// <param name="paths">Of fields, by their places, each from the root on.</param>
/// <param name="fields">Filled, by these places.</param>
internal sealed class ShapeReader(ShapePath? rootPath, IEnumerable<(int Place, ShapePath Path)> paths, RawField[] fields)
{
    /// <summary>Buffers that one huge record has grown past this are given back.</summary>
    private const int MaxKeptBytes = 1 << 18;

    private static readonly JsonReaderOptions ReaderOptions = new() { MaxDepth = ShapePath.MaxSteps };

    private readonly ShapeNode top = ShapeNode.Of(rootPath, paths);

    // One for each string on the way that is being read, and one for names.
    private readonly List<byte[]> unescaped = [];
    private byte[] scratch = new byte[256], chooser = new byte[256];
    private byte[] values = new byte[1024];
    private byte[] unknown = [];
    private int used, level;
    private ShapeRoot root;
    private IShapeSink? sink;
    private bool isAny;

    public bool HasRoot { get; } = rootPath is not null;

    /// <summary>True where one value may hold several events.</summary>
    public bool IsMany { get; } = rootPath is { IsMany: true };

    /// <summary>What the fields lie in.</summary>
    public ReadOnlySpan<byte> Values => values.AsSpan(0, used);

    /// <summary>The last object in which no field stood.</summary>
    public ReadOnlySpan<byte> Unknown => unknown;

    public void BeginRecord()
    {
        used = 0;
        if (values.Length > MaxKeptBytes)
            values = new byte[1024];
        if (unknown.Length > MaxKeptBytes)
            unknown = [];
        if (unescaped.Exists(buffer => buffer.Length > MaxKeptBytes))
            unescaped.Clear();
    }

    /// <summary>Takes the object that the reader stands at and leaves the reader at its end.</summary>
    /// <param name="reader">Of the source.</param>
    /// <param name="source">All of it.</param>
    /// <param name="sink">Told of each event where the root's path leads to several.</param>
    /// <returns>What stands at the root; null where events were told of.</returns>
    /// <exception cref="JsonException">The source is not well-formed.</exception>
    public ShapeRoot? Read(ref Utf8JsonReader reader, ReadOnlySpan<byte> source, IShapeSink? sink)
    {
        (used, level, root, this.sink, isAny) = (0, 0, ShapeRoot.Absent, sink, false);
        // Also of those that no path leads to: a record of another topic may have left them.
        Array.Clear(fields);
        ReadValue(ref reader, source, top);
        return isAny ? null : root;
    }

    /// <summary>What stood here before, under the same name, counts no more: the last one does.</summary>
    private void Forget(ShapeNode node)
    {
        foreach (int place in node.All)
            fields[place] = default;
        if (node.IsRoot || node.LeadsToRoot)
            root = ShapeRoot.Absent;
    }

    private void ReadValue(ref Utf8JsonReader reader, ReadOnlySpan<byte> source, ShapeNode node)
    {
        Forget(node);
        int start = (int)reader.TokenStartIndex;
        RawField field = node.Fields.Length == 0 ? default : Scalar(ref reader);
        Descend(ref reader, source, node);
        if (field.Type is JsonTokenType.StartObject or JsonTokenType.StartArray)
            field = Copy(field, source[start..(int)reader.BytesConsumed]);
        foreach (int place in node.Fields)
            fields[place] = field;
        if (!node.IsRoot || sink is null)
            return;
        isAny = true;
        sink.OnEvent(root);
        used = 0;
        Forget(node);
    }

    /// <summary>Goes on from a value along the paths, and leaves the reader at the value's last token.</summary>
    private void Descend(ref Utf8JsonReader reader, ReadOnlySpan<byte> source, ShapeNode node)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject when node.HasMembers || node.IsRoot:
                int start = (int)reader.TokenStartIndex;
                ReadMembers(ref reader, source, node);
                if (node.IsRoot)
                    EndRoot(node, source[start..(int)reader.BytesConsumed]);
                return;
            case JsonTokenType.StartArray when node.HasElements:
                ReadElements(ref reader, source, node);
                return;
            case JsonTokenType.String when (node.HasMembers || node.HasElements || node.IsRoot) && TryReadText(ref reader, node):
            case JsonTokenType.String when reader.ValueSpan.Length == 0:
            case JsonTokenType.Null:
                return;
        }
        if (node.IsRoot || node.LeadsToRoot)
            root = ShapeRoot.NoObject;
        reader.Skip();
    }

    private void EndRoot(ShapeNode node, ReadOnlySpan<byte> json)
    {
        root = ShapeRoot.Unknown;
        foreach (int place in node.All)
            if (fields[place].Type != JsonTokenType.None && place <= (int)Events.Field.Success)
                root = ShapeRoot.Event;
        if (root == ShapeRoot.Unknown)
            unknown = json.ToArray();
    }

    private void ReadMembers(ref Utf8JsonReader reader, ReadOnlySpan<byte> source, ShapeNode node)
    {
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            ShapeNode? member = Find(ref reader, node);
            reader.Read();
            if (member is null)
                reader.Skip();
            else
                ReadValue(ref reader, source, member);
        }
    }

    private ShapeNode? Find(ref Utf8JsonReader reader, ShapeNode node)
    {
        ReadOnlySpan<byte> name = reader.ValueSpan;
        if (!reader.ValueIsEscaped)
            return node.Member(name);
        // Six bytes (\u0061) may stand for one.
        return name.Length <= node.LongestName * 6 && TryUnescape(name, ref scratch, out name) ? node.Member(name) : null;
    }

    private void ReadElements(ref Utf8JsonReader reader, ReadOnlySpan<byte> source, ShapeNode node)
    {
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (node.Each is { } each)
                ReadValue(ref reader, source, each);
            else if (Choose(reader, node) is { } chosen)
                ReadValue(ref reader, source, chosen);
            else
                reader.Skip();
        }
    }

    /// <summary>Looks ahead, to the element's end: the member that chooses may stand behind the one that is wanted, or twice.</summary>
    private ShapeNode? Choose(Utf8JsonReader ahead, ShapeNode node)
    {
        if (ahead.TokenType != JsonTokenType.StartObject)
            return null;
        ShapeNode? chosen = null;
        while (ahead.Read() && ahead.TokenType == JsonTokenType.PropertyName)
        {
            ReadOnlySpan<byte> key = Text(ref ahead, ref scratch);
            ahead.Read();
            foreach (ShapeNode one in node.Chosen)
            {
                if (!key.SequenceEqual(one.Key))
                    continue;
                bool isScalar = ahead.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray);
                if (isScalar && Text(ref ahead, ref chooser).SequenceEqual(one.Value))
                    chosen = one;
                else if (chosen == one)
                    chosen = null;
            }
            ahead.Skip();
        }
        return chosen;
    }

    /// <summary>A string as JSON.</summary>
    /// <returns>False where it holds no object or array that a path goes on through.</returns>
    private bool TryReadText(ref Utf8JsonReader reader, ShapeNode node)
    {
        ReadOnlySpan<byte> text = reader.ValueSpan;
        if (reader.ValueIsEscaped)
        {
            if (unescaped.Count == level)
                unescaped.Add(new byte[1024]);
            byte[] buffer = unescaped[level];
            bool isUnicode = TryUnescape(text, ref buffer, out text);
            unescaped[level] = buffer;
            if (!isUnicode)
                return false;
        }
        ReadOnlySpan<byte> begin = text.TrimStart(" \t\r\n"u8);
        if (begin.Length == 0 || !(begin[0] == '{' || (begin[0] == '[' && node.HasElements)))
            return false;
        level++;
        try
        {
            // What was told of can't be taken back: then all of it is looked at before.
            if (sink is not null && node.LeadsToRoot)
                ReadToEnd(text);
            var inner = new Utf8JsonReader(text, ReaderOptions);
            inner.Read();
            Descend(ref inner, text, node);
            // What stands behind it would be no JSON.
            inner.Read();
            return true;
        }
        catch (JsonException)
        {
            Forget(node);
            return false;
        }
        finally
        {
            level--;
        }
    }

    private static void ReadToEnd(ReadOnlySpan<byte> text)
    {
        var reader = new Utf8JsonReader(text, ReaderOptions);
        while (reader.Read())
            continue;
    }

    private RawField Scalar(ref Utf8JsonReader reader) =>
        reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray
            ? new RawField(reader.TokenType, false, 0, 0)
            : Copy(new RawField(reader.TokenType, reader.TokenType == JsonTokenType.String && reader.ValueIsEscaped, 0, 0), reader.ValueSpan);

    private RawField Copy(RawField field, ReadOnlySpan<byte> text)
    {
        if (values.Length - used < text.Length)
            Array.Resize(ref values, Math.Max(values.Length * 2, used + text.Length));
        text.CopyTo(values.AsSpan(used));
        used += text.Length;
        return field with { Start = used - text.Length, Length = text.Length };
    }

    private static ReadOnlySpan<byte> Text(ref Utf8JsonReader reader, scoped ref byte[] buffer)
    {
        ReadOnlySpan<byte> text = reader.ValueSpan;
        if (reader.ValueIsEscaped)
            _ = TryUnescape(text, ref buffer, out text);
        return text;
    }

    private static bool TryUnescape(ReadOnlySpan<byte> escaped, scoped ref byte[] buffer, out ReadOnlySpan<byte> text)
    {
        if (buffer.Length < escaped.Length)
            Array.Resize(ref buffer, Math.Max(buffer.Length * 2, escaped.Length));
        bool isUnicode = JsonString.TryUnescape(escaped, buffer, out int written);
        text = buffer.AsSpan(0, written);
        return isUnicode;
    }
}
