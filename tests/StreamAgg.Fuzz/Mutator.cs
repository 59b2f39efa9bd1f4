namespace StreamAgg.Fuzz;

/// <summary>Makes of inputs that are known others that are not, from a seed.</summary>
internal sealed class Mutator(Random random, IReadOnlyList<byte[]> words)
{
    private const int MaxLength = 64 << 10;

    /// <summary>Every so many inputs one is as long as a record may not be.</summary>
    private const int Giants = 50_000;
    private const int GiantLength = (1 << 20) + 100;

    public byte[] Next(IReadOnlyList<byte[]> pool)
    {
        var bytes = new List<byte>(pool[random.Next(pool.Count)]);
        for (int changes = 1 << random.Next(5); changes > 0; changes--)
            Change(bytes, pool);
        if (random.Next(Giants) == 0)
            while (bytes.Count is > 0 and < GiantLength)
                bytes.AddRange(bytes[..Math.Min(bytes.Count, GiantLength - bytes.Count)]);
        else if (bytes.Count > MaxLength)
            bytes.RemoveRange(MaxLength, bytes.Count - MaxLength);
        return [.. bytes];
    }

    private void Change(List<byte> bytes, IReadOnlyList<byte[]> pool)
    {
        int at = random.Next(bytes.Count + 1), length = Math.Min(1 << random.Next(8), bytes.Count - at);
        switch (random.Next(9))
        {
            case 0 when at < bytes.Count:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1 when at < bytes.Count:
                bytes[at] = (byte)random.Next(256);
                break;
            case 2 when at < bytes.Count:
                bytes[at] += (byte)(random.Next(2) == 0 ? 1 : 255);
                break;
            case 3:
                bytes.RemoveRange(at, length);
                break;
            case 4:
                bytes.InsertRange(random.Next(bytes.Count + 1), bytes[at..(at + length)]);
                break;
            case 5:
                for (int times = random.Next(1, 100); times > 0 && bytes.Count < MaxLength; times--)
                    bytes.InsertRange(at, bytes[at..(at + length)]);
                break;
            case 6:
                byte[] other = pool[random.Next(pool.Count)];
                bytes.RemoveRange(at, bytes.Count - at);
                bytes.AddRange(other[random.Next(other.Length + 1)..]);
                break;
            default:
                byte[] word = words[random.Next(words.Count)];
                if (random.Next(2) == 0)
                    bytes.RemoveRange(at, Math.Min(word.Length, bytes.Count - at));
                bytes.InsertRange(at, word);
                break;
        }
    }
}
