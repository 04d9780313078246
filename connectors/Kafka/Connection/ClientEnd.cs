namespace Penstock.Kafka.Connection;

/// <summary>The end of a client of librdkafka: it takes a tenth of a second, unless one of its threads hangs outside (in the resolver).</summary>
internal static class ClientEnd
{
    /// <summary>How long it is waited for, in milliseconds; then the client is left alone, for a leak is better than a process that stands still.</summary>
    private const int CloseMs = 5_000;

    /// <summary>Ends it, and waits for that no longer than <paramref name="limitMs"/>.</summary>
    /// <returns>False if it was left alone.</returns>
    public static bool InTime(IDisposable client, int limitMs = CloseMs) => InTime(client.Dispose, limitMs);

    /// <summary>The same with what ends it.</summary>
    public static bool InTime(Action end, int limitMs) =>
        // A thread of its own: one of the pool's would be missing for as long as it hangs.
        Task.Factory.StartNew(end, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Wait(limitMs);
}
