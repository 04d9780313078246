namespace Penstock.Demo;

/// <summary>
/// What the topic said of one row. A row's versions go 1, 2, 3, ... and then it may be deleted: so what is missing or late is seen from the last version and
/// the gaps before it, without remembering every event.
/// </summary>
internal sealed class RowHistory
{
    private HashSet<int>? _gaps;
    private bool _seen;

    /// <summary>The row's values as folded so far, in the order of the table's columns; null before the first event and after a delete.</summary>
    public string?[]? Values { get; set; }

    public int LastVersion { get; private set; }

    public bool Deleted { get; private set; }

    /// <summary>Versions that were jumped over and did not come.</summary>
    public int Gaps => _gaps?.Count ?? 0;

    /// <summary>Takes an event; false if it came out of order. A repeated one (same version as before) is told by <paramref name="repeated"/>.</summary>
    public bool Take(char operation, int version, out bool repeated)
    {
        bool first = !_seen;
        _seen = true;
        repeated = false;
        if (operation == 'd')
        {
            repeated = Deleted;
            Deleted = true;
            return true;
        }
        if (operation == 'r')
        {
            // The snapshot stands for every version up to its own, and comes before the stream.
            repeated = !first && version == LastVersion;
            bool inOrder = first || repeated;
            LastVersion = Math.Max(LastVersion, version);
            return inOrder;
        }
        if (version <= LastVersion)
        {
            bool late = _gaps?.Remove(version) ?? false;
            repeated = !late;
            return !late;
        }
        for (int skipped = LastVersion + 1; skipped < version; skipped++)
        {
            (_gaps ??= []).Add(skipped);
        }
        LastVersion = version;
        return !Deleted;
    }
}
