using StreamAgg.Embedded.Kafka;

// The embedded broker as a process: where its native code aborts, it takes this process along and not the tests'. It writes its
// addresses, then an answer to each line `TOPIC PARTITIONS` (empty: the topic is there), and ends when its input closes.
using var broker = new EmbeddedBroker();
Console.WriteLine(broker.BootstrapServers);
while (Console.ReadLine() is { } line)
{
    string[] words = line.Split(' ');
    try
    {
        broker.CreateTopic(words[0], int.Parse(words[1]));
        Console.WriteLine();
    }
    catch (InvalidOperationException refused)
    {
        Console.WriteLine(refused.Message);
    }
}
