using System.Diagnostics;

namespace StreamAgg.Testing.Kafka;

/// <summary>The embedded broker, in a process of its own: groups, offsets and topic ids, and little else.</summary>
internal sealed class EmbeddedBackend : IKafkaBackend
{
    private readonly Process process;
    private readonly SemaphoreSlim turn = new(1);
    private string lastWords = "";

    private EmbeddedBackend(Process process)
    {
        this.process = process;
        process.ErrorDataReceived += (_, line) => lastWords = line.Data is { Length: > 0 } said ? said : lastWords;
        process.BeginErrorReadLine();
    }

    public string Description => "the embedded broker";

    public string BootstrapServers { get; private set; } = "";

    public string? Failure => process.HasExited ? $"the embedded broker's process ended by itself, with exit code {process.ExitCode}: {lastWords}" : null;

    public static async Task<EmbeddedBackend> StartAsync()
    {
        string program = Path.Combine(AppContext.BaseDirectory, $"{typeof(EmbeddedBackend).Assembly.GetName().Name}.dll");
        var start = new ProcessStartInfo("dotnet", [program])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        Process started = Process.Start(start) ?? throw new InvalidOperationException("dotnet did not start");
        var backend = new EmbeddedBackend(started);
        backend.BootstrapServers = await backend.ReadAsync();
        return backend;
    }

    public bool Supports(KafkaFeature feature) => false;

    public async Task CreateTopicAsync(string topic, int partitions, IReadOnlyDictionary<string, string> settings)
    {
        await turn.WaitAsync();
        try
        {
            string refusal = await AskAsync($"{topic} {partitions}");
            if (refusal.Length > 0)
                throw new InvalidOperationException(refusal);
        }
        finally
        {
            turn.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        process.Dispose();
        turn.Dispose();
    }

    private async Task<string> AskAsync(string line)
    {
        try
        {
            await process.StandardInput.WriteLineAsync(line);
            return await ReadAsync();
        }
        catch (IOException ended)
        {
            await process.WaitForExitAsync();
            throw new InvalidOperationException(Failure, ended);
        }
    }

    private async Task<string> ReadAsync() => await process.StandardOutput.ReadLineAsync() ?? throw new EndOfStreamException("the process closed its output");
}
