using System.Buffers.Binary;

namespace StreamAgg.Postgres.Raw;

/// <summary>Reads rows of PostgreSQL's binary COPY format field by field, in place. Not thread-safe.</summary>
/// <param name="source">Not disposed here.</param>
internal sealed class CopyRows(Stream source)
{
    /// <summary>"PGCOPY\n\377\r\n\0", flags, and the length of an extension that nobody uses.</summary>
    private const int HeaderBytes = 11 + 4 + 4;

    private byte[] buffer = new byte[1 << 16];
    private int start, end;
    private bool isBegun;

    /// <summary>Goes to the next row.</summary>
    /// <returns>False behind the last one.</returns>
    public bool NextRow()
    {
        if (!isBegun)
        {
            Need(HeaderBytes);
            start += HeaderBytes + BinaryPrimitives.ReadInt32BigEndian(buffer.AsSpan(start + HeaderBytes - 4));
            isBegun = true;
        }
        Need(2);
        short fields = BinaryPrimitives.ReadInt16BigEndian(buffer.AsSpan(start));
        start += 2;
        return fields >= 0;
    }

    /// <summary>Goes to the next field of the row.</summary>
    /// <param name="value">Good until the next call.</param>
    /// <returns>False where it is null.</returns>
    public bool NextField(out ReadOnlySpan<byte> value)
    {
        Need(4);
        int length = BinaryPrimitives.ReadInt32BigEndian(buffer.AsSpan(start));
        start += 4;
        if (length < 0)
        {
            value = default;
            return false;
        }
        Need(length);
        value = buffer.AsSpan(start, length);
        start += length;
        return true;
    }

    private void Need(int bytes)
    {
        if (end - start >= bytes)
            return;
        if (buffer.Length - start < bytes)
        {
            byte[] larger = bytes > buffer.Length ? new byte[Math.Max(bytes, buffer.Length * 2)] : buffer;
            buffer.AsSpan(start, end - start).CopyTo(larger);
            (buffer, end, start) = (larger, end - start, 0);
        }
        while (end - start < bytes)
        {
            int read = source.Read(buffer.AsSpan(end));
            if (read == 0)
                throw new EndOfStreamException("the copy of raw rows ended within a row");
            end += read;
        }
    }
}
