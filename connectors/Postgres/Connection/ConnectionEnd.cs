namespace Penstock.Postgres.Connection;

/// <summary>How a connection is closed on which another thread may wait for an answer: closing it would wait for that answer too, which a connection that is dead without a word never gives.</summary>
internal static class ConnectionEnd
{
    /// <summary>How long an orderly close is waited for, in milliseconds: it says goodbye, and takes that long only where nobody takes it.</summary>
    private const int CloseMs = 5_000;

    /// <summary>Closes it, and leaves it alone if that takes too long.</summary>
    public static void CloseInTime(IAsyncDisposable connection, DatabaseUrl url)
    {
        var closing = Task.Run(async () =>
        {
            try
            {
                await connection.DisposeAsync().ConfigureAwait(false);
            }
            catch (Exception dead) when (dead is InvalidOperationException || DatabaseErrors.Translate(dead, url) is not null)
            {
                return;
            }
        });
        if (Task.WhenAny(closing, Task.Delay(CloseMs)).GetAwaiter().GetResult() == closing)
        {
            closing.GetAwaiter().GetResult();
        }
    }

    /// <summary>Closes it without waiting. What happens meanwhile concerns nobody any more.</summary>
    public static void CloseInBackground(IDisposable connection, DatabaseUrl url) => _ = Task.Run(() =>
    {
        try
        {
            connection.Dispose();
        }
        catch (Exception dead) when (dead is InvalidOperationException || DatabaseErrors.Translate(dead, url) is not null)
        {
            return;
        }
    });
}
