using Penstock.Postgres.Slot;

namespace Penstock.PostgresToKafka.Pipeline;

/// <summary>
/// When the end of the source's write-ahead log stood where, over the last hour: so any position in it has an age. Written by <see cref="SlotGuard"/> with each of its looks, read by any thread; no look and no
/// question allocates.
/// </summary>
/// <remarks>Between two looks, five seconds, the log is taken to grow evenly: that is the error of an age.</remarks>
internal sealed class LogHead
{
    /// <summary>An hour of looks.</summary>
    private const int MostLooks = 3_600_000 / SlotGuard.PollMs;

    /// <summary>A head that nobody has looked at for so long says nothing of the present.</summary>
    private const long StaleMs = 6 * SlotGuard.PollMs;

    private readonly Lock _gate = new();
    private readonly long[] _atMs = new long[MostLooks];
    private readonly ulong[] _lsn = new ulong[MostLooks];
    private int _first;
    private int _count;
    private SlotProgress? _last;

    /// <summary>The last look; null before the first.</summary>
    public SlotProgress? Last => Volatile.Read(ref _last);

    /// <summary>Notes a look.</summary>
    public void Note(SlotProgress look, long nowMs)
    {
        Volatile.Write(ref _last, look);
        Note(look.HeadLsn, nowMs);
    }

    /// <summary>Notes where the log ended. A server whose log has gone back (it was restored) begins anew.</summary>
    public void Note(ulong headLsn, long nowMs)
    {
        lock (_gate)
        {
            if (_count > 0 && headLsn < _lsn[Place(_count - 1)])
            {
                _count = 0;
            }

            if (_count == MostLooks)
            {
                _first = (_first + 1) % MostLooks;
                _count--;
            }

            int place = Place(_count++);
            _atMs[place] = nowMs;
            _lsn[place] = headLsn;
        }
    }

    /// <summary>How long ago the log ended at <paramref name="lsn"/>: 0 if it ended there at the last look. A position from before the oldest look is at least as old as that one.</summary>
    /// <returns>Seconds; null without a position, or without a recent look.</returns>
    public double? SecondsSince(ulong lsn, long nowMs)
    {
        lock (_gate)
        {
            if (lsn == 0 || _count == 0 || nowMs - _atMs[Place(_count - 1)] > StaleMs)
            {
                return null;
            }

            // The first look whose head is beyond the position.
            int low = 0, high = _count;
            while (low < high)
            {
                int middle = (low + high) >>> 1;
                (low, high) = _lsn[Place(middle)] > lsn ? (low, middle) : (middle + 1, high);
            }

            if (low == _count)
            {
                return 0;
            }

            int after = Place(low);
            if (low == 0)
            {
                return (nowMs - _atMs[after]) / 1000.0;
            }

            int before = Place(low - 1);
            double part = (lsn - _lsn[before]) / (double)(_lsn[after] - _lsn[before]);
            return (nowMs - _atMs[before] - (part * (_atMs[after] - _atMs[before]))) / 1000.0;
        }
    }

    private int Place(int index) => (_first + index) % MostLooks;
}
