using System.Diagnostics;

namespace Penstock.Demo;

/// <summary>Lets so many a second through, evenly: nobody reads three hundred lines a second.</summary>
internal sealed class Throttle(int perSecond)
{
    private readonly TimeSpan _interval = TimeSpan.FromSeconds(1.0 / perSecond);
    private long _last;

    public bool Lets()
    {
        if (_last != 0 && Stopwatch.GetElapsedTime(_last) < _interval)
        {
            return false;
        }
        _last = Stopwatch.GetTimestamp();
        return true;
    }
}
