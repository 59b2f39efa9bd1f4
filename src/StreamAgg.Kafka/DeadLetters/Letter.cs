using System.Globalization;
using System.Text;
using Confluent.Kafka;

namespace StreamAgg.Kafka.DeadLetters;

/// <summary>A letter on its way, and what it takes until it is stored.</summary>
internal sealed class Letter
{
    /// <summary>Below this no value is cut any further: then it is not the value that is too large.</summary>
    private const int SmallestCut = 64;

    /// <summary>The message, its headers' list, the task that waits, the client's own structure and its answer.</summary>
    private const int OverheadBytes = 2000;

    /// <summary>What a header takes here and in the client, beside its name and text.</summary>
    private const int HeaderBytes = 100;

    public Letter(Message<byte[]?, byte[]?> message)
    {
        Message = message;
        long bytes = (message.Key?.Length ?? 0) + (message.Value?.Length ?? 0);
        foreach (IHeader header in message.Headers)
            bytes += header.Key.Length + header.GetValueBytes().Length + (HeaderBytes / 2);

        // Twice: the client copies what it is given, and another try needs it once more.
        Bytes = (2 * bytes) + OverheadBytes;
    }

    public Message<byte[]?, byte[]?> Message { get; }

    /// <summary>In memory, here and in the client.</summary>
    public long Bytes { get; }

    /// <summary>Halves the value and says in a header how long it was: the topic's limit is not told, and a letter that large is rare.</summary>
    /// <returns>False where it is short already.</returns>
    public bool TryCut()
    {
        int length = Message.Value?.Length ?? 0;
        if (length <= SmallestCut)
            return false;

        if (!Message.Headers.TryGetLastBytes(DeadLetterHeaders.Truncated, out _))
            Message.Headers.Add(DeadLetterHeaders.Truncated, Encoding.UTF8.GetBytes(length.ToString(CultureInfo.InvariantCulture)));

        Message.Value = Message.Value![..(length / 2)];
        return true;
    }
}
