using System.Runtime.InteropServices;

namespace Penstock.Servers;

/// <summary>The signals the tests send; the values are Linux's.</summary>
public enum Signal
{
    Hangup = 1,
    Interrupt = 2,
    Quit = 3,
    Kill = 9,
    Terminate = 15,
    Continue = 18,
    Stop = 19,
}

/// <summary>kill(2).</summary>
public static partial class Signals
{
    /// <summary>Sends a signal; false if there is no such process.</summary>
    public static bool TrySend(int processId, Signal signal)
    {
        if (processId <= 1)
        {
            throw new ArgumentOutOfRangeException(nameof(processId), processId, "not the id of a process that was started here");
        }
        if (Kill(processId, (int)signal) == 0)
        {
            return true;
        }
        int error = Marshal.GetLastPInvokeError();
        const int NoSuchProcess = 3; // ESRCH
        return error == NoSuchProcess ? false : throw new ServerException($"signal {signal} to process {processId}: {Marshal.GetPInvokeErrorMessage(error)}");
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int processId, int signal);
}
