using System.Runtime.InteropServices;

namespace StreamAgg.Service.Cli;

/// <summary>SIGTERM and Ctrl+C ask the verb to end in good order. A second Ctrl+C ends the process at once: what is stored needs no more.</summary>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource stop = new();
    private readonly PosixSignalRegistration terminate;
    private readonly PosixSignalRegistration interrupt;

    public StopSignals()
    {
        terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
        interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
    }

    public CancellationToken Stop => stop.Token;

    public void Dispose()
    {
        terminate.Dispose();
        interrupt.Dispose();
        stop.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        bool isSecondInterrupt = context.Signal == PosixSignal.SIGINT && stop.IsCancellationRequested;
        context.Cancel = !isSecondInterrupt;
        stop.Cancel();
    }
}
