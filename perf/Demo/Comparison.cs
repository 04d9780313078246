using System.Globalization;
using Npgsql;

namespace Penstock.Demo;

/// <summary>The tables and the journal in Postgres against what the topics said.</summary>
internal sealed class Comparison
{
    // A list of every difference would bury the first, which is the one that explains the others.
    private const int DifferencesShown = 10;

    private readonly List<string> _differences = [];

    /// <summary>Changes the journal holds.</summary>
    public long Committed { get; private set; }

    /// <summary>Committed changes without an event.</summary>
    public long Missing { get; private set; }

    /// <summary>Events without a committed change.</summary>
    public long Invented { get; private set; }

    /// <summary>Rows of the tables that were compared.</summary>
    public long Rows { get; private set; }

    /// <summary>Rows that differ, are only in the table, or only in the topic.</summary>
    public long Different { get; private set; }

    /// <summary>The first of the differences: table, key, column.</summary>
    public IReadOnlyList<string> Differences => _differences;

    public static async Task<Comparison> MakeAsync(string connectionString, TopicFold fold)
    {
        await using NpgsqlConnection connection = new(connectionString);
        await connection.OpenAsync().ConfigureAwait(false);
        Comparison comparison = new();
        await comparison.CompareJournalAsync(connection, fold).ConfigureAwait(false);
        foreach (ShopTable table in Shop.Tables)
        {
            await comparison.CompareTableAsync(connection, table, fold.Rows(table)).ConfigureAwait(false);
        }
        return comparison;
    }

    private async Task CompareJournalAsync(NpgsqlConnection connection, TopicFold fold)
    {
        Dictionary<string, ShopTable> tables = Shop.Tables.ToDictionary(table => table.Name);
        await using NpgsqlCommand command = new("select table_name, key, max(version), bool_or(op = 'd'), count(*) from journal.changes group by 1, 2", connection);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync().ConfigureAwait(false);
        long known = 0;
        while (await reader.ReadAsync().ConfigureAwait(false))
        {
            ShopTable table = tables[reader.GetString(0)];
            long key = reader.GetInt64(1);
            int version = reader.GetInt32(2);
            bool deleted = reader.GetBoolean(3);
            Committed += reader.GetInt64(4);
            if (!fold.Rows(table).TryGetValue(key, out RowHistory? row))
            {
                Miss(table, key, reader.GetInt64(4), "no event at all");
                continue;
            }
            known++;
            Miss(table, key, row.Gaps + Math.Max(0, version - row.LastVersion) + (deleted && !row.Deleted ? 1 : 0),
                string.Create(CultureInfo.InvariantCulture, $"of {version} versions the last seen is {row.LastVersion}, {row.Gaps} before it are missing"));
            int invented = Math.Max(0, row.LastVersion - version) + (row.Deleted && !deleted ? 1 : 0);
            if (invented > 0)
            {
                Invented += invented;
                Note($"{table.Name} {key}: events that no committed change explains");
            }
        }
        Invented += fold.Operations.Count == 0 ? 0 : Shop.Tables.Sum(table => (long)fold.Rows(table).Count) - known;
    }

    private async Task CompareTableAsync(NpgsqlConnection connection, ShopTable table, IReadOnlyDictionary<long, RowHistory> folded)
    {
        await using NpgsqlCommand command = new(table.Select, connection);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync().ConfigureAwait(false);
        long matched = 0;
        while (await reader.ReadAsync().ConfigureAwait(false))
        {
            Rows++;
            long key = reader.GetInt64(0);
            if (!folded.TryGetValue(key, out RowHistory? row) || row.Values is not { } values)
            {
                Different++;
                Note($"{table.Name} {key}: in the table, not in the topic");
                continue;
            }
            matched++;
            string[] unequal = [.. table.Columns.Where((_, i) => (reader.IsDBNull(i + 1) ? null : reader.GetString(i + 1)) != values[i]).Select(column => column.Name)];
            if (unequal.Length > 0)
            {
                Different++;
                Note($"{table.Name} {key}: {string.Join(", ", unequal)} differ");
            }
        }
        long surplus = folded.Values.Count(row => row.Values is not null) - matched;
        if (surplus > 0)
        {
            Different += surplus;
            Note(string.Create(CultureInfo.InvariantCulture, $"{table.Name}: {surplus} rows in the topic that are not in the table"));
        }
    }

    private void Miss(ShopTable table, long key, long count, string why)
    {
        if (count > 0)
        {
            Missing += count;
            Note($"{table.Name} {key}: {why}");
        }
    }

    private void Note(string difference)
    {
        if (_differences.Count < DifferencesShown)
        {
            _differences.Add(difference);
        }
    }
}
