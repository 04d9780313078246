using System.Text.Json;
using Npgsql;

namespace Penstock.Servers.Histories;

/// <summary>Compares the journal of a <see cref="JournaledWorkload"/> with what stands in the topics, key by key.</summary>
public sealed class HistoryCheck
{
    private const int MostExamples = 10;

    private readonly Dictionary<(string Table, int Key), List<Change>> _expected = [];
    private readonly List<string> _examples = [];
    private long _changes;
    private long _events;
    private long _missing;
    private long _outOfOrder;
    private long _unexplained;
    private long _duplicates;
    private long _missingTombstones;

    private HistoryCheck()
    {
    }

    /// <param name="connectionString">Database with the journal.</param>
    /// <param name="records">All records of the tables' topics, in the order of each partition.</param>
    /// <param name="snapshot">True where changes before a snapshot need no event of their own.</param>
    public static async Task<HistoryReport> CompareAsync(string connectionString, IEnumerable<TopicRecord> records, bool snapshot)
    {
        var check = new HistoryCheck();
        await check.ReadJournalAsync(connectionString).ConfigureAwait(false);
        var seen = check.ReadTopics(records);
        foreach (var (key, changes) in check._expected)
        {
            check.CompareKey(key, changes, seen.GetValueOrDefault(key) ?? [], snapshot);
            seen.Remove(key);
        }

        foreach (var (key, events) in seen)
        {
            check._unexplained += events.Count;
            check.Say($"{key}: {events.Count} events of a key that the journal does not know");
        }

        return new HistoryReport(
            check._changes, check._events, check._missing, check._outOfOrder, check._unexplained, check._duplicates, check._missingTombstones, check._examples);
    }

    private async Task ReadJournalAsync(string connectionString)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync().ConfigureAwait(false);
        await using var command = new NpgsqlCommand("SELECT tbl, key, version, op = 'd' FROM journal ORDER BY tbl, key, version, op = 'd'", connection);
        await using var reader = await command.ExecuteReaderAsync().ConfigureAwait(false);
        while (await reader.ReadAsync().ConfigureAwait(false))
        {
            var key = (reader.GetString(0), reader.GetInt32(1));
            if (!_expected.TryGetValue(key, out var changes))
            {
                _expected.Add(key, changes = []);
            }

            changes.Add(new Change(reader.GetInt64(2), reader.GetBoolean(3)));
            _changes++;
        }
    }

    private Dictionary<(string Table, int Key), List<Event>> ReadTopics(IEnumerable<TopicRecord> records)
    {
        var seen = new Dictionary<(string, int), List<Event>>();
        var open = new Dictionary<(string, int), bool>();
        foreach (var record in records)
        {
            using var keyJson = JsonDocument.Parse(record.Key ?? throw new InvalidDataException($"a record of {record.Topic} has no key"));
            var key = (record.Topic[(record.Topic.LastIndexOf('.') + 1)..], keyJson.RootElement.GetProperty("id").GetInt32());
            if (record.Value is null)
            {
                open[key] = false;
                continue;
            }

            if (open.GetValueOrDefault(key))
            {
                _missingTombstones++;
                Say($"{key}: no tombstone after a delete, before offset {record.Offset}");
            }

            using var value = JsonDocument.Parse(record.Value);
            var root = value.RootElement;
            char op = root.GetProperty("op").GetString()![0];
            var row = root.GetProperty(op == 'd' ? "before" : "after");
            var source = root.GetProperty("source");
            if (!seen.TryGetValue(key, out var events))
            {
                seen.Add(key, events = []);
            }

            string position = $"{source.GetProperty("lsn")}/{source.GetProperty("txId")}";
            events.Add(new Event(new Change(row.GetProperty("version").GetInt64(), op == 'd'), op, position));
            open[key] = op == 'd';
            _events++;
        }

        _missingTombstones += open.Values.Count(unfinished => unfinished);
        return seen;
    }

    private void CompareKey((string Table, int Key) key, List<Change> expected, List<Event> events, bool snapshot)
    {
        var indexes = new Dictionary<Change, int>();
        for (int i = 0; i < expected.Count; i++)
        {
            indexes.Add(expected[i], i);
        }

        var positions = new string?[expected.Count];
        int highest = snapshot ? Before(expected, events, indexes) : -1;
        foreach (var found in events)
        {
            if (!indexes.TryGetValue(found.Change, out int index))
            {
                _unexplained++;
                Say($"{key}: event {found} of no committed change");
                continue;
            }

            if (index > highest + 1 && found.Operation != 'r')
            {
                _outOfOrder++;
                Say($"{key}: event {found} is change {index + 1} of its key, after change {highest + 1}");
            }

            if (positions[index] is { } earlier)
            {
                _duplicates++;
                if (earlier != found.Position && found.Operation != 'r')
                {
                    _unexplained++;
                    Say($"{key}: event {found} came again with another position than {earlier}");
                }
            }

            positions[index] = found.Position;
            highest = Math.Max(highest, index);
        }

        int first = snapshot ? Before(expected, events, indexes) + 1 : 0;
        for (int i = first; i < expected.Count; i++)
        {
            if (positions[i] is null)
            {
                _missing++;
                Say($"{key}: no event for change {i + 1} of {expected.Count}, version {expected[i].Version}{(expected[i].IsDelete ? " (delete)" : "")}");
            }
        }
    }

    /// <summary>Index of the last change that a snapshot need not show: what was before the row that it read, or before the first change of a row that was not there.</summary>
    private static int Before(List<Change> expected, List<Event> events, Dictionary<Change, int> indexes)
    {
        if (events.Count == 0)
        {
            return expected[^1].IsDelete ? expected.Count - 1 : -1;
        }

        int first = indexes.GetValueOrDefault(events[0].Change, 0);
        return events[0].Operation == 'r' || (first > 0 && expected[first - 1].IsDelete) ? first - 1 : -1;
    }

    private void Say(string finding)
    {
        if (_examples.Count < MostExamples)
        {
            _examples.Add(finding);
        }
    }

    private readonly record struct Change(long Version, bool IsDelete);

    private readonly record struct Event(Change Change, char Operation, string Position)
    {
        public override string ToString() => $"{Operation} version {Change.Version} at {Position}";
    }
}
