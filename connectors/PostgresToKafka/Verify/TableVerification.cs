using Penstock.Debezium.Snapshots;
using Penstock.Engine.Commands;
using Penstock.Postgres.Connection;
using Penstock.Postgres.Verify;
using Penstock.PostgresToKafka.Pipeline;
using Penstock.PostgresToKafka.Settings;

namespace Penstock.PostgresToKafka.Verify;

/// <summary><c>verify --against table</c>: a table of the source against the sink's copy of it. Changes nothing; keys, which the user asked for, go to the output alone.</summary>
internal sealed class TableVerification(PipelineOptions options, VerifyRequest request, TextWriter output, TextWriter error)
{
    private readonly SourceVisit _source = SourceVisit.Saying(options, error);

    /// <summary>Returns the exit code: 1 where keys differ.</summary>
    public async Task<int> RunAsync(CancellationToken stop)
    {
        if (options.Connections.VerifyDatabaseUrl is not { } there || !DatabaseUrl.TryParse(there, Environment.GetEnvironmentVariable, out var url, out _))
        {
            return _source.Refuse(Verdict.Settings, "which database holds the copy is not known: set PENSTOCK_VERIFY_DATABASE_URL to the sink's DATABASE_URL.");
        }

        if (!TableIdentifier.TryParse(request.Table, out string schema, out string name) || !TableIdentifier.TryParse(request.Target, out string targetSchema, out string targetName))
        {
            return _source.Refuse(Verdict.Settings, "--table and --as are names of tables, schema.table, with double quotes around parts with white space or dots.");
        }

        using var target = new SourceDatabase(url!);
        return await _source.RunAsync(source => Task.Run(() => Compare(source, (schema, name), target, (targetSchema, targetName), stop))).ConfigureAwait(false);
    }

    private int Compare(SourceDatabase source, (string Schema, string Name) table, SourceDatabase target, (string Schema, string Name) copy, CancellationToken stop)
    {
        using var here = source.OpenPatient();
        Npgsql.NpgsqlConnection opened;
        try
        {
            opened = target.OpenPatient();
        }
        catch (DatabaseException failed)
        {
            // Its words are those for a DATABASE_URL, of which there are two here.
            return _source.Refuse(Verdict.Of(failed)!.ExitCode, $"PENSTOCK_VERIFY_DATABASE_URL: {failed.Message}");
        }

        using var there = opened;
        var original = source.Translated(() => ComparedTable.Read(here, table.Schema, table.Name));
        var copied = target.Translated(() => ComparedTable.Read(there, copy.Schema, copy.Name));
        if (original is null || copied is null)
        {
            return _source.Refuse(Verdict.Preflight, original is null ? $"there is no table {table.Schema}.{table.Name} in the source {source.Url}." : $"there is no table {copy.Schema}.{copy.Name} in the target {target.Url}: name it with --as.");
        }

        var selection = OptionMapping.Selection(options);
        string[] compared = [.. original.Columns.Select(column => column.Name).Where(column => !request.Without.Contains(column) && selection.IncludesColumn(table.Schema, table.Name, column) && copied.Columns.Any(other => other.Name == column))];
        if (original.Key.Count == 0 || original.Key.Any(column => !compared.Contains(column.Name)))
        {
            return _source.Refuse(Verdict.Preflight, $"rows of {table.Schema}.{table.Name} are told apart by its primary key: {(original.Key.Count == 0 ? "it has none" : "the target does not have all of its columns, or they are left out")}.");
        }

        Say(original, copied, compared, source, target);
        var comparison = new TableComparison(Side(source, here, original, original, copied, compared), Side(target, there, copied, original, copied, compared), TimeSpan.FromSeconds(request.WaitSeconds), error.WriteLine);
        try
        {
            return Tell(original, comparison.Run(stop));
        }
        catch (OperationCanceledException)
        {
            return _source.Refuse(Verdict.Unavailable, "ended before it was done.");
        }
    }

    private void Say(ComparedTable original, ComparedTable copied, string[] compared, SourceDatabase source, SourceDatabase target)
    {
        output.WriteLine($"source     {original.Schema}.{original.Name}, {source.Url}");
        output.WriteLine($"target     {copied.Schema}.{copied.Name}, {target.Url}");
        output.WriteLine($"compared   {string.Join(", ", compared)}; key {string.Join(", ", original.Key.Select(column => column.Name))}");
        string[] left = [.. original.Columns.Concat(copied.Columns).Select(column => column.Name).Distinct().Where(column => !compared.Contains(column))];
        if (left.Length > 0)
        {
            output.WriteLine($"left out   {string.Join(", ", left)}: not in both, not captured, or --without");
        }
    }

    /// <summary>A value is compared as the target's type writes it: what that rounds is no difference. Types that are not Postgres' own are compared as their text.</summary>
    private static TableSide Side(SourceDatabase database, Npgsql.NpgsqlConnection connection, ComparedTable own, ComparedTable original, ComparedTable copied, string[] compared)
    {
        string Text(string column)
        {
            var from = original.Columns.First(other => other.Name == column);
            var to = copied.Columns.First(other => other.Name == column);
            string name = $"t.{SqlName.Quote(column)}";
            return own == original && from.Type != to.Type && to.IsBuiltIn ? $"{name}::text::{to.Type}::text" : $"{name}::text";
        }

        string[] keys = [.. original.Key.Select(column => column.Name)];
        return new TableSide(database, connection, own, [.. compared.Select(Text)], [.. keys.Select(Text)], [.. keys.Select(key => own.Columns.First(column => column.Name == key))]);
    }

    private int Tell(ComparedTable table, ComparisonResult result)
    {
        foreach (var (key, how) in result.Differing.Take(request.Listed))
        {
            string named = string.Join(' ', table.Key.Select((column, i) => $"{column.Name}={key[i]}"));
            output.WriteLine($"{(how switch { KeyDifference.Missing => "missing", KeyDifference.Extra => "extra", _ => "other" }),-10} {named}");
        }

        if (result.Differing.Count > request.Listed)
        {
            output.WriteLine($"           and {result.Differing.Count - request.Listed} more (--limit)");
        }

        if (result.Changing > 0)
        {
            output.WriteLine($"not judged {result.Changing} keys whose rows changed all the time");
        }

        int Count(KeyDifference how) => result.Differing.Count(found => found.How == how);
        output.WriteLine(result.Differing.Count == 0 && result.IsComplete
            ? $"equal      {result.Rows} rows"
            : $"different  {result.Differing.Count}{(result.IsComplete ? "" : " or more")} keys, {result.Rows} rows in the source: {Count(KeyDifference.Missing)} missing in the target, {Count(KeyDifference.Extra)} that only it has, {Count(KeyDifference.Other)} with other values");
        return result.Differing.Count == 0 && result.IsComplete ? Verdict.Success : Verdict.Defect;
    }
}
