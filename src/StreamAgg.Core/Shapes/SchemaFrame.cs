using System.Buffers.Binary;

namespace StreamAgg.Core.Shapes;

/// <summary>What serializers of a schema registry write before a record's JSON: a byte 0, and the schema's id in four more.</summary>
/// <remarks>JSON never begins with that byte, so the frame needs no setting. What the schema says is not asked: the fields tell.</remarks>
public static class SchemaFrame
{
    private const int Bytes = 5;

    /// <summary>How many bytes of a record's value stand before its JSON: 0 where it has no frame.</summary>
    public static int LengthOf(ReadOnlySpan<byte> value) => value.Length >= Bytes && value[0] == 0 ? Bytes : 0;

    /// <summary>Says of the frame, in front of what is wrong behind it, which schema it names; empty where there is none.</summary>
    internal static string Describe(ReadOnlySpan<byte> value) =>
        LengthOf(value) == 0
            ? ""
            : $"behind the frame of schema {BinaryPrimitives.ReadUInt32BigEndian(value[1..])}, where JSON is read and no other format: ";
}
