using Penstock.Postgres.Connection;
using Penstock.Postgres.Wal;

namespace Penstock.PostgresToKafka.Pipeline;

/// <summary>
/// Notices that the server shuts down. It then keeps the stream until its very end is confirmed, asking again and again, and lets nobody write any more: neither can the position be recorded, nor would a
/// broker that stands still ever let it be confirmed. So the stream is given up, and the server can stop.
/// </summary>
/// <remarks>A server that asks for an answer is no sign by itself (it may not have had one for half of its timeout); a refused connection that says so is.</remarks>
internal sealed class ShutdownWatch : IDisposable
{
    private const int PollMs = 1000;

    private readonly SourceDatabase _database;
    private readonly IWalReader _reader;
    private readonly Action<Exception> _fail;
    private readonly Timer _timer;
    private long _answersWanted;
    private int _asking;

    /// <param name="database">Asked.</param>
    /// <param name="reader">Counts how often the server wanted an answer.</param>
    /// <param name="fail">Told that the server shuts down.</param>
    /// <param name="pollMs">From look to look; a look that takes longer is not joined by a second.</param>
    public ShutdownWatch(SourceDatabase database, IWalReader reader, Action<Exception> fail, int pollMs = PollMs)
    {
        _database = database;
        _reader = reader;
        _fail = fail;
        _timer = new Timer(_ => Look(), null, pollMs, pollMs);
    }

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        long wanted = _reader.AnswersWanted;
        if (wanted == _answersWanted || Interlocked.Exchange(ref _asking, 1) == 1)
        {
            return;
        }

        try
        {
            _answersWanted = wanted;
            _database.OpenOwn().Dispose();
        }
        catch (DatabaseException refused)
        {
            // Any other refusal says nothing about the stream.
            if (refused.IsShutdown)
            {
                _fail(refused);
            }
        }
        finally
        {
            Volatile.Write(ref _asking, 0);
        }
    }
}
