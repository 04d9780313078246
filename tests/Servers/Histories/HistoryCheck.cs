using System.Text.Json;
using System.Text.RegularExpressions;
using Npgsql;

namespace Penstock.Servers.Histories;

/// <summary>
/// Compares the journal of a <see cref="JournaledWorkload"/> with what stands in the topics, key by key: nothing missing, nothing out of order, and what came twice came with the same
/// position and the same bytes but for the time of day in the envelope, and but for the first number of <c>source.sequence</c> in the first transaction after a start: that names the commit before, which
/// only the slot's position can tell, and the slot may have been moved over it by traffic that is not captured.
/// </summary>
public sealed partial class HistoryCheck
{
    private const int MostExamples = 10;

    private readonly Dictionary<(string Table, int Key), List<Change>> _expected = [];
    private readonly Dictionary<string, int> _expectedTruncates = [];
    private readonly Dictionary<string, HashSet<string>> _truncates = [];
    private readonly List<string> _examples = [];
    private long _changes;
    private long _events;
    private long _missing;
    private long _outOfOrder;
    private long _unexplained;
    private long _duplicates;
    private long _differentBytes;
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

        if (!snapshot)
        {
            check.CompareTruncates();
        }

        return new HistoryReport(
            check._changes, check._events, check._missing, check._outOfOrder, check._unexplained, check._duplicates, check._differentBytes, check._missingTombstones, check._examples);
    }

    private async Task ReadJournalAsync(string connectionString)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync().ConfigureAwait(false);
        await using var command = new NpgsqlCommand("SELECT tbl, key, version, op::text FROM journal ORDER BY tbl, key, version, op IN ('d', 'x')", connection);
        await using var reader = await command.ExecuteReaderAsync().ConfigureAwait(false);
        while (await reader.ReadAsync().ConfigureAwait(false))
        {
            char operation = reader.GetString(3)[0];
            if (operation == JournaledWorkload.Truncate)
            {
                _expectedTruncates[reader.GetString(0)] = _expectedTruncates.GetValueOrDefault(reader.GetString(0)) + 1;
                _changes++;
                continue;
            }

            var key = (reader.GetString(0), reader.GetInt32(1));
            if (!_expected.TryGetValue(key, out var changes))
            {
                _expected.Add(key, changes = []);
            }

            changes.Add(new Change(reader.GetInt64(2), operation switch { 'd' => Kind.Delete, JournaledWorkload.Gone => Kind.Gone, _ => Kind.Row }));
            _changes += operation == JournaledWorkload.Gone ? 0 : 1;
        }
    }

    private Dictionary<(string Table, int Key), List<Event>> ReadTopics(IEnumerable<TopicRecord> records)
    {
        var seen = new Dictionary<(string, int), List<Event>>();
        // Of each key the delete that its tombstone has to follow; a repeated beginning may come between the two, and then both again.
        var open = new Dictionary<(string, int), Event>();
        var deletes = new HashSet<((string, int), Change)>();
        var followed = new HashSet<((string, int), Change)>();
        foreach (var record in records)
        {
            string table = record.Topic[(record.Topic.LastIndexOf('.') + 1)..];
            if (record.Key is null)
            {
                ReadTruncate(table, record);
                continue;
            }

            using var keyJson = JsonDocument.Parse(record.Key);
            var key = (table, keyJson.RootElement.GetProperty("id").GetInt32());
            if (record.Value is null)
            {
                if (open.Remove(key, out var delete))
                {
                    followed.Add((key, delete.Change));
                }

                continue;
            }

            using var value = JsonDocument.Parse(record.Value);
            var root = value.RootElement;
            char op = root.GetProperty("op").GetString()![0];
            var row = root.GetProperty(op == 'd' ? "before" : "after");
            if (!seen.TryGetValue(key, out var events))
            {
                seen.Add(key, events = []);
            }

            var found = new Event(new Change(row.GetProperty("version").GetInt64(), op == 'd' ? Kind.Delete : Kind.Row), op, Position(root), record);
            events.Add(found);
            open.Remove(key);
            if (op == 'd')
            {
                open[key] = found;
                deletes.Add((key, found.Change));
            }

            _events++;
        }

        foreach (var (key, delete) in deletes.Except(followed))
        {
            _missingTombstones++;
            Say($"{key}: no tombstone after the delete of version {delete.Version}");
        }

        return seen;
    }

    private void ReadTruncate(string table, TopicRecord record)
    {
        using var value = JsonDocument.Parse(record.Value ?? throw new InvalidDataException($"a record of {record.Topic} has neither key nor value"));
        if (value.RootElement.GetProperty("op").GetString() != "t")
        {
            throw new InvalidDataException($"a record of {record.Topic} has no key and is no truncate");
        }

        if (!_truncates.TryGetValue(table, out var positions))
        {
            _truncates.Add(table, positions = []);
        }

        _events++;
        _duplicates += positions.Add(Position(value.RootElement)) ? 0 : 1;
    }

    private void CompareTruncates()
    {
        foreach (string table in _expectedTruncates.Keys.Union(_truncates.Keys))
        {
            int expected = _expectedTruncates.GetValueOrDefault(table);
            int found = _truncates.GetValueOrDefault(table)?.Count ?? 0;
            _missing += Math.Max(0, expected - found);
            _unexplained += Math.Max(0, found - expected);
            if (found != expected)
            {
                Say($"{table}: {found} truncates in the topic, {expected} committed");
            }
        }
    }

    private static string Position(JsonElement root)
    {
        var source = root.GetProperty("source");
        return $"{source.GetProperty("lsn")}/{source.GetProperty("txId")}";
    }

    /// <summary>Key, value and headers as one text, without the envelope's time of day.</summary>
    private static string Lasting(TopicRecord record) =>
        $"{record.KeyText} {LastCommit().Replace(EnvelopeClock().Replace(record.ValueText!, "$1"), "$1")} {string.Join(' ', record.Headers.Select(h => $"{h.Key}={Convert.ToHexString(h.Value)}"))}";

    // Quotes within a value are escaped: only the envelope's own field looks like this.
    [GeneratedRegex("""("op":"."),"ts_ms":[0-9]+,"ts_us":[0-9]+,"ts_ns":[0-9]+""")]
    private static partial Regex EnvelopeClock();

    [GeneratedRegex("""("sequence":"\[)(null|\\"[0-9]+\\"),""")]
    private static partial Regex LastCommit();

    private void CompareKey((string Table, int Key) key, List<Change> expected, List<Event> events, bool snapshot)
    {
        var indexes = new Dictionary<Change, int>();
        for (int i = 0; i < expected.Count; i++)
        {
            indexes.Add(expected[i], i);
        }

        var firsts = new Event?[expected.Count];
        int highest = snapshot ? Before(expected, events, indexes) : -1;
        foreach (var found in events)
        {
            if (!indexes.TryGetValue(found.Change, out int index))
            {
                _unexplained++;
                Say($"{key}: event {found} of no committed change");
                continue;
            }

            // A row that a truncate took away has no event of its own.
            while (highest + 1 < expected.Count && expected[highest + 1].Kind == Kind.Gone)
            {
                highest++;
            }

            if (index > highest + 1 && found.Operation != 'r')
            {
                _outOfOrder++;
                Say($"{key}: event {found} is change {index + 1} of its key, after change {highest + 1}");
            }

            if (firsts[index] is { } first)
            {
                CompareDuplicate(key, first, found);
            }

            firsts[index] = found;
            highest = Math.Max(highest, index);
        }

        for (int i = snapshot ? Before(expected, events, indexes) + 1 : 0; i < expected.Count; i++)
        {
            if (firsts[i] is null && expected[i].Kind != Kind.Gone)
            {
                _missing++;
                Say($"{key}: no event for change {i + 1} of {expected.Count}, version {expected[i].Version} ({expected[i].Kind})");
            }
        }
    }

    private void CompareDuplicate((string Table, int Key) key, Event first, Event second)
    {
        _duplicates++;
        if (first.Operation == 'r' || second.Operation == 'r')
        {
            // A row that a snapshot read, and again as a change or by another snapshot.
            return;
        }

        if (first.Position != second.Position)
        {
            _unexplained++;
            Say($"{key}: event {second} came again with another position than {first.Position}");
        }
        else if (Lasting(first.Record) is var one && Lasting(second.Record) is var other && one != other)
        {
            _differentBytes++;
            int at = one.Zip(other).TakeWhile(pair => pair.First == pair.Second).Count();
            Say($"{key}: event {second} came again with other bytes: {Excerpt(one, at)}, then {Excerpt(other, at)}");
        }
    }

    /// <summary>Index of the last change that a snapshot need not show: what was before the row that it read, or before the first change of a row that was not there.</summary>
    private static int Before(List<Change> expected, List<Event> events, Dictionary<Change, int> indexes)
    {
        if (events.Count == 0)
        {
            return expected[^1].Kind == Kind.Row ? -1 : expected.Count - 1;
        }

        int first = indexes.GetValueOrDefault(events[0].Change, 0);
        return events[0].Operation == 'r' || (first > 0 && expected[first - 1].Kind != Kind.Row) ? first - 1 : -1;
    }

    private static string Excerpt(string text, int at) => $"...{text[Math.Max(0, at - 40)..Math.Min(text.Length, at + 40)]}...";

    private void Say(string finding)
    {
        if (_examples.Count < MostExamples)
        {
            _examples.Add(finding);
        }
    }

    private enum Kind
    {
        Row,
        Delete,
        Gone,
    }

    private readonly record struct Change(long Version, Kind Kind);

    private readonly record struct Event(Change Change, char Operation, string Position, TopicRecord Record)
    {
        public override string ToString() => $"{Operation} version {Change.Version} at {Position}";
    }
}
