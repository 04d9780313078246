using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;
using Npgsql;
using Penstock.Engine.Commands;
using Penstock.Postgres.Connection;
using Penstock.Postgres.Snapshot;
using Penstock.PostgresToKafka.Settings;

namespace Penstock.PostgresToKafka.Pipeline;

/// <summary><c>snapshot</c>: writes the signal that lets whatever process runs the pipeline read tables again (docs/snapshots.md), after a look whether it can be heard.</summary>
internal sealed class SnapshotControl(PipelineOptions options, TextWriter output, TextWriter error)
{
    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly SourceVisit _source = SourceVisit.Saying(options, error);

    /// <summary>Returns the exit code.</summary>
    public int Run(SnapshotAsked request) => options.Signals.Table is { } signals
        ? _source.RunAsync(database => Task.FromResult(Ask(database, signals, request))).GetAwaiter().GetResult()
        : _source.Refuse(
            Verdict.Settings,
            "PENSTOCK_SIGNAL_DATA_COLLECTION is not set, and snapshots are asked for through a table of signals. "
            + "Type: CREATE TABLE public.signal (id varchar(42) PRIMARY KEY, type varchar(32) NOT NULL, data varchar(2048)); then set PENSTOCK_SIGNAL_DATA_COLLECTION=public.signal and start the pipeline anew.");

    private int Ask(SourceDatabase database, SignalTableName signals, SnapshotAsked request)
    {
        var seen = PipelineRun.Look(database, options);
        var problems = seen.Findings.Where(finding => finding.IsError).Select(finding => finding.Message).ToList();
        if (problems.Count > 0)
        {
            return _source.Refuse(Verdict.Preflight, string.Join('\n', problems));
        }

        foreach (string table in request.Tables.Where(table => seen.Captured.All(captured => captured.FullName != table)))
        {
            bool isThere = seen.All.Any(other => other.FullName == table);
            return _source.Refuse(
                Verdict.Preflight,
                isThere ? $"table {table} is not captured: PENSTOCK_TABLE_INCLUDE_LIST and the lists beside it leave it out."
                : $"there is no table {table}; captured are {string.Join(", ", seen.Captured.Select(captured => captured.FullName).Order(StringComparer.Ordinal).Take(10))}.");
        }

        string id = string.Create(CultureInfo.InvariantCulture, $"snapshot-{DateTime.UtcNow:yyyyMMddTHHmmss.fff}Z");
        Write(database, signals, id, request);
        string what = request.IsStop ? "the end of the snapshot" : request.IsBlocking ? "a blocking snapshot" : "an incremental snapshot";
        string tables = request.Tables.Count > 0 ? $" of {string.Join(", ", request.Tables)}" : "";
        output.WriteLine(
            $"asked for {what}{tables}: signal {id} in {signals.FullName}. "
            + (seen.Slot is { IsActive: true } ? "The running process says in its log when it begins and ends." : $"Nobody reads slot \"{options.Capture.SlotName}\" now: it begins when the pipeline runs and comes to the signal."));
        return Verdict.Success;
    }

    private static void Write(SourceDatabase database, SignalTableName signals, string id, SnapshotAsked request)
    {
        // Names in signals are regular expressions.
        string[] patterns = [.. request.Tables.Select(Regex.Escape)];
        var data = new Dictionary<string, object> { ["data-collections"] = patterns };
        if (!request.IsStop)
        {
            data["type"] = request.IsBlocking ? "blocking" : "incremental";
        }

        if (request.Filter is { } filter)
        {
            data["additional-conditions"] = new[] { new Dictionary<string, string> { ["data-collection"] = patterns[0], ["filter"] = filter } };
        }

        using var connection = database.Open();
        _ = database.Translated(() =>
        {
            using var command = new NpgsqlCommand($"INSERT INTO {signals.QuotedName} VALUES ($1, $2, $3)", connection);
            command.Parameters.Add(new NpgsqlParameter { Value = id });
            command.Parameters.Add(new NpgsqlParameter { Value = request.IsStop ? "stop-snapshot" : "execute-snapshot" });
            command.Parameters.Add(new NpgsqlParameter { Value = request.IsStop && patterns.Length == 0 ? "{}" : JsonSerializer.Serialize(data, Json) });
            return command.ExecuteNonQuery();
        });
    }
}
