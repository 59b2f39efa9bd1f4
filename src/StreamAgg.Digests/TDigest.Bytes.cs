using StreamAgg.Digests.Cells;
using StreamAgg.Digests.Storing;

namespace StreamAgg.Digests;

public sealed partial class TDigest
{
    /// <summary>A digest of cells that were read.</summary>
    private TDigest(int compression, ReadOnlySpan<Cell> read, long count, bool written)
        : this(compression)
    {
        Keep(read);
        settledCount = count;
        this.written = written;
    }

    /// <summary>The final form as bytes, at most 1,250 at a compression of 100 (<c>./dev bench digest</c>); nothing of the reading stays.</summary>
    /// <remarks>Equal states give equal bytes.</remarks>
    public byte[] ToBytes()
    {
        byte[] bytes = DigestBytes.Write(Stored());
        view = null;
        return bytes;
    }

    /// <summary>Reads what <see cref="ToBytes"/> wrote; false, and an empty digest, for any other bytes.</summary>
    /// <param name="bytes">Any bytes at all: nothing that they say allocates more than a digest of the largest compression.</param>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, out TDigest digest)
    {
        bool isRead = DigestBytes.TryRead(bytes, out int compression, out long count, out ReadOnlySpan<Cell> cells);
        digest = isRead ? new TDigest(compression, cells, count, written: true) : new TDigest();
        return isRead;
    }

    /// <summary>The final form as it is written: at most <see cref="Compression"/> cells.</summary>
    private StoredForm Stored() =>
        Count == 0 ? new StoredForm(Compression, [], 0) : StoredForm.Of(View().Recut(Compression), Compression);
}
