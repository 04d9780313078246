namespace Penstock.Postgres.Connection;

/// <summary>How a connection is closed on which another thread may wait for an answer: closing it would wait for that answer too, which a connection that is dead without a word never gives.</summary>
internal static class ConnectionEnd
{
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
