using Penstock.Postgres.Connection;

namespace Penstock.Postgres.Apply;

/// <summary>The statements by which one set of columns of one table is staged and merged.</summary>
internal sealed class StageSql
{
    /// <param name="table">The table.</param>
    /// <param name="columns">Places of the staged columns, ascending.</param>
    /// <param name="number">Names the staging table.</param>
    public StageSql(TargetTable table, int[] columns, int number)
    {
        Columns = columns;
        string stage = $"pg_temp.penstock_stage_{number}";
        string Staged(int place) => $"s{place}";
        string Value(int place)
        {
            var column = table.Columns[place];
            return column.Stage.IsExact ? $"s.{Staged(place)}" : $"s.{Staged(place)}::{column.TypeName}";
        }

        string Name(int place) => SqlName.Quote(table.Columns[place].Name);
        string names = string.Join(", ", columns.Select(Name));
        string key = string.Join(", ", table.Key.Select(Name));
        string matches = string.Join(" AND ", table.Key.Select(place => $"t.{Name(place)} = {Value(place)}"));
        var others = columns.Where(place => !table.Key.Contains(place)).ToArray();
        CreateStage = $"CREATE TEMP TABLE IF NOT EXISTS penstock_stage_{number} ({string.Join(", ", columns.Select(place => $"{Staged(place)} {table.Columns[place].Stage.SqlType}"))}) ON COMMIT DELETE ROWS";
        CopyToStage = $"COPY {stage} FROM STDIN (FORMAT BINARY)";
        CopyToTable = $"COPY {table.QualifiedName} ({names}) FROM STDIN (FORMAT BINARY)";
        string insert = $"INSERT INTO {table.QualifiedName} ({names}) OVERRIDING SYSTEM VALUE SELECT {string.Join(", ", columns.Select(Value))} FROM {stage} s";
        Insert = insert;
        Upsert = table.Key.Count == 0 ? insert
            : others.Length == 0 ? $"{insert} ON CONFLICT ({key}) DO NOTHING"
            : $"{insert} ON CONFLICT ({key}) DO UPDATE SET {string.Join(", ", others.Select(place => $"{Name(place)} = EXCLUDED.{Name(place)}"))}";
        Update = others.Length == 0
            ? $"SELECT count(*) FROM {table.QualifiedName} t, {stage} s WHERE {matches}"
            : $"UPDATE {table.QualifiedName} t SET {string.Join(", ", others.Select(place => $"{Name(place)} = {Value(place)}"))} FROM {stage} s WHERE {matches}";
        Delete = $"DELETE FROM {table.QualifiedName} t USING {stage} s WHERE {matches}";
        // Rows of one statement must not meet twice; a second batch in the transaction reuses the stage.
        Clear = $"TRUNCATE {stage}";
    }

    public int[] Columns { get; }

    public string CreateStage { get; }

    public string CopyToStage { get; }

    public string CopyToTable { get; }

    public string Insert { get; }

    public string Upsert { get; }

    public string Update { get; }

    public string Delete { get; }

    public string Clear { get; }

    /// <summary>The transaction that last filled the stage: its end empties it.</summary>
    public long UsedIn { get; set; }
}
