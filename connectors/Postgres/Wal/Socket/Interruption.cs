using System.IO.Pipes;
using System.Runtime.InteropServices;

namespace Penstock.Postgres.Wal.Socket;

/// <summary>
/// Ends a wait for a socket's bytes from another thread: the wait is for the socket and for a pipe. Waking ten times a second to look at a flag instead is a tenth of what an idle pipeline may cost.
/// </summary>
internal sealed partial class Interruption : IDisposable
{
    private const short Readable = 1;
    private const int Interrupted = 4;

    private readonly CancellationTokenSource _cancellation = new();
    private readonly AnonymousPipeServerStream _pipe = new(PipeDirection.Out);
    private readonly Lock _lock = new();
    private bool _disposed;

    /// <summary>The same for waits that know tokens.</summary>
    public CancellationToken Token => _cancellation.Token;

    /// <summary>Any thread, any number of times, also after <see cref="Dispose"/>.</summary>
    public void Set()
    {
        lock (_lock)
        {
            if (!_disposed && !_cancellation.IsCancellationRequested)
            {
                _cancellation.Cancel();
                _pipe.WriteByte(0);
            }
        }
    }

    /// <summary>Whether the socket has something to say: bytes, its end or an error. False after the time, when interrupted, and now and then for a signal.</summary>
    public bool WaitForBytes(System.Net.Sockets.Socket socket, int timeoutMs)
    {
        Span<Target> targets =
        [
            new Target { Descriptor = (int)socket.SafeHandle.DangerousGetHandle(), Wanted = Readable },
            new Target { Descriptor = (int)_pipe.ClientSafePipeHandle.DangerousGetHandle(), Wanted = Readable },
        ];
        int found = Poll(ref targets[0], 2, timeoutMs);
        if (found < 0 && Marshal.GetLastPInvokeError() is not Interrupted and var error)
        {
            throw new IOException($"waiting for the server failed: {Marshal.GetPInvokeErrorMessage(error)}");
        }

        return found > 0 && targets[0].Found != 0;
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            // Whose descriptor was looked at is left open by the stream's own end, until the collector finds it.
            _pipe.DisposeLocalCopyOfClientHandle();
            _pipe.Dispose();
            _cancellation.Dispose();
        }
    }

    // nfds_t is an unsigned long on Linux and an unsigned int on macOS: a register either way.
    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(ref Target targets, nuint count, int timeoutMs);

    /// <summary>struct pollfd.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Target
    {
        public int Descriptor;
        public short Wanted;
        public short Found;
    }
}
