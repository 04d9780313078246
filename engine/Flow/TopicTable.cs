namespace Penstock.Engine.Flow;

/// <summary>
/// The topics of a pipeline by small numbers, so that a record carries an index and no string. Grows only; the decoder adds, everyone reads.
/// </summary>
public sealed class TopicTable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, int> _byName = new(StringComparer.Ordinal);
    private volatile string[] _names = [];

    public int Count => _names.Length;

    /// <summary>The number of a topic, added if new.</summary>
    public int Add(string name)
    {
        lock (_lock)
        {
            if (_byName.TryGetValue(name, out int index))
            {
                return index;
            }

            index = _names.Length;
            _byName.Add(name, index);
            _names = [.. _names, name];
            return index;
        }
    }

    public string Name(int topic) => _names[topic];
}
