using StreamAgg.Digests;

// Latencies of two processes, a digest each: about a kilobyte, however many there are.
var here = new TDigest();
var there = new TDigest();
for (int milliseconds = 1; milliseconds <= 100; milliseconds++)
    (milliseconds % 3 == 0 ? here : there).Add(milliseconds);

// One of them is stored and read, then both are merged. Up to 100 distinct values every quantile is exact.
byte[] stored = there.ToBytes();
if (!TDigest.TryDecode(stored, out TDigest read))
    throw new InvalidDataException("These bytes are no digest.");
TDigest both = TDigest.Merge([here, read], compression: 100);
Console.WriteLine($"{both.Count} values, p99 {both.Quantile(0.99):0.00} ms");
