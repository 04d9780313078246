namespace Penstock.Postgres.Connection;

/// <summary>
/// Opens connections of the driver within a limit of its own. The driver's time limit begins anew with each read, so a server that sends a byte now and then would hold it for ever; and its blocking Open was
/// seen not to return from one that says nothing. So it is told when the time is over, which ends the latter, and if that does not help it is left alone.
/// </summary>
internal static class Opening
{
    /// <summary>Opens, and gives what was opened.</summary>
    /// <param name="url">Has the limits.</param>
    /// <param name="open">Opens; the token says that the connect time-out is over.</param>
    /// <param name="longestBeginMs">After the connect time-out it is left alone so many milliseconds later; null for what the URL says.</param>
    /// <exception cref="TimeoutException">The time was over.</exception>
    public static T InTime<T>(DatabaseUrl url, Func<CancellationToken, Task<T>> open, int? longestBeginMs = null)
    {
        using var limit = new CancellationTokenSource();
        if (url.ConnectTimeoutSeconds > 0)
        {
            limit.CancelAfter(TimeSpan.FromSeconds(url.ConnectTimeoutSeconds + 1));
        }

        try
        {
            return open(limit.Token).WaitAsync(TimeSpan.FromMilliseconds((1000L * url.ConnectTimeoutSeconds) + (longestBeginMs ?? url.LongestBeginMs))).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException late) when (limit.IsCancellationRequested)
        {
            throw new TimeoutException(late.Message, late);
        }
    }

    /// <inheritdoc cref="InTime{T}"/>
    public static void InTime(DatabaseUrl url, Func<CancellationToken, Task> open) => InTime(url, async stop =>
    {
        await open(stop).ConfigureAwait(false);
        return true;
    });
}
