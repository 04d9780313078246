using Microsoft.Extensions.Logging;
using Penstock.Engine.Flow;
using Penstock.Kafka.Topics;

namespace Penstock.PostgresToKafka.Pipeline;

/// <summary>Looks from time to time whether topics still have the partitions that are in use, and says once what has changed, because it moves keys at the next start.</summary>
internal sealed class TopicWatch : IDisposable
{
    private readonly Func<IReadOnlyList<PartitionChange>> _findChanges;
    private readonly HashSet<PartitionChange> _said;
    private readonly ILogger _logger;
    private readonly Timer _timer;
    private HashSet<PartitionChange> _seen = [];
    private int _looking;

    /// <param name="findChanges">Compares the topics in use with the cluster's: <see cref="TopicCatalog.FindChanges"/>.</param>
    /// <param name="intervalMs">How often to look.</param>
    /// <param name="said">What was said by this process; is added to.</param>
    /// <param name="logger">For what has changed.</param>
    public TopicWatch(Func<IReadOnlyList<PartitionChange>> findChanges, int intervalMs, HashSet<PartitionChange> said, ILogger logger)
    {
        _findChanges = findChanges;
        _said = said;
        _logger = logger;
        _timer = new Timer(_ => Look(), null, intervalMs, intervalMs);
    }

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        // Brokers that are slow to answer are not asked twice at once.
        if (Interlocked.Exchange(ref _looking, 1) == 1)
        {
            return;
        }

        try
        {
            var changes = _findChanges();
            lock (_said)
            {
                // A broker that has just started may not know a topic yet: what is said was seen twice.
                foreach (var change in changes.Where(change => _seen.Contains(change) && _said.Add(change)))
                {
                    _logger.LogWarning("{Change}", change.Explain());
                }

                // A topic that is back may go again.
                _said.RemoveWhere(change => change.Now == 0 && !changes.Contains(change));
            }

            _seen = [.. changes];
        }
        catch (GraphStoppedException)
        {
            // The catalogue is closed: the run has ended during this look.
            return;
        }
        finally
        {
            Volatile.Write(ref _looking, 0);
        }
    }
}
