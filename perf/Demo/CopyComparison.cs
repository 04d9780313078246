using System.Globalization;
using Npgsql;

namespace Penstock.Demo;

/// <summary>The tables of the two databases against each other.</summary>
internal sealed class CopyComparison
{
    // A list of every difference would bury the first, which is the one that explains the others.
    private const int DifferencesShown = 10;

    private readonly List<string> _differences = [];

    /// <summary>Rows that one side or both have.</summary>
    public long Rows { get; private set; }

    /// <summary>Rows that differ, or that only one side has.</summary>
    public long Different { get; private set; }

    /// <summary>The first of the differences: table and key.</summary>
    public IReadOnlyList<string> Differences => _differences;

    public static async Task<CopyComparison> MakeAsync(string source, string copy)
    {
        await using NpgsqlConnection left = new(source);
        await using NpgsqlConnection right = new(copy);
        await left.OpenAsync().ConfigureAwait(false);
        await right.OpenAsync().ConfigureAwait(false);
        CopyComparison comparison = new();
        foreach (ShopTable table in Shop.Tables)
        {
            await comparison.CompareAsync(table, left, right).ConfigureAwait(false);
        }
        return comparison;
    }

    // Both sides come in the order of the key, so that neither is held in memory.
    private async Task CompareAsync(ShopTable table, NpgsqlConnection source, NpgsqlConnection copy)
    {
        string sql = $"select id, whole::text from {table.Name} whole order by id";
        await using NpgsqlCommand sourceCommand = new(sql, source);
        await using NpgsqlCommand copyCommand = new(sql, copy);
        await using NpgsqlDataReader left = await sourceCommand.ExecuteReaderAsync().ConfigureAwait(false);
        await using NpgsqlDataReader right = await copyCommand.ExecuteReaderAsync().ConfigureAwait(false);
        (long Key, string Row)? here = await NextAsync(left).ConfigureAwait(false);
        (long Key, string Row)? there = await NextAsync(right).ConfigureAwait(false);
        while (here is not null || there is not null)
        {
            Rows++;
            long key = Math.Min(here?.Key ?? long.MaxValue, there?.Key ?? long.MaxValue);
            bool isHere = here?.Key == key;
            bool isThere = there?.Key == key;
            if (!isHere || !isThere)
            {
                Note(table, key, isHere ? "not in the copy" : "only in the copy");
            }
            else if (here!.Value.Row != there!.Value.Row)
            {
                Note(table, key, "differs");
            }
            here = isHere ? await NextAsync(left).ConfigureAwait(false) : here;
            there = isThere ? await NextAsync(right).ConfigureAwait(false) : there;
        }
    }

    private static async Task<(long Key, string Row)?> NextAsync(NpgsqlDataReader reader) =>
        await reader.ReadAsync().ConfigureAwait(false) ? (reader.GetInt64(0), reader.GetString(1)) : null;

    private void Note(ShopTable table, long key, string what)
    {
        Different++;
        if (_differences.Count < DifferencesShown)
        {
            _differences.Add(string.Create(CultureInfo.InvariantCulture, $"{table.Name} {key}: {what}"));
        }
    }
}
