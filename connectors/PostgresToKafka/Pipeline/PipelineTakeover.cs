using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Penstock.Debezium.Offsets;
using Penstock.Engine.Commands;
using Penstock.Kafka.Connection;
using Penstock.Kafka.Consuming;
using Penstock.Kafka.Topics;
using Penstock.Postgres.Catalog;
using Penstock.Postgres.Connection;
using Penstock.Postgres.Publication;
using Penstock.Postgres.Slot;
using Penstock.Postgres.State;
using Penstock.Postgres.Wal;
using Penstock.PostgresToKafka.Settings;
using PipelineMemory = Penstock.Postgres.State.PipelineState;

namespace Penstock.PostgresToKafka.Pipeline;

/// <summary>
/// <c>takeover --from-debezium</c>: the pipeline goes on with the slot of a stopped connector. The slot itself is not touched: Debezium confirms a position only when Connect has stored an offset at or behind it,
/// and Connect stores offsets of records that Kafka has taken, so all that is committed after the slot's position comes, and some of it comes again. What is written is the pipeline's record, which says
/// that its snapshot is the connector's and where the slot stood.
/// </summary>
internal sealed class PipelineTakeover(PipelineOptions options, TextWriter output, TextWriter error)
{
    private readonly CaptureOptions _capture = options.Capture;
    private readonly SourceVisit _source = SourceVisit.Saying(options, error);

    /// <summary>Returns the exit code.</summary>
    public int Run(TakeoverRequest request, CancellationToken stop)
    {
        if (request.Confirmed is { } confirmed && confirmed != options.Name)
        {
            return _source.Refuse(Verdict.Settings, $"--confirm says \"{confirmed}\", but the settings are those of pipeline \"{options.Name}\" (PENSTOCK_NAME): nothing was done.");
        }

        try
        {
            return _source.Run((database, kafka) => TakeOver(request, database, kafka, stop));
        }
        catch (Exception failed) when (Verdict.Of(failed) is { } verdict)
        {
            return _source.Refuse(verdict.ExitCode, verdict.Message);
        }
        catch (OperationCanceledException)
        {
            return _source.Refuse(Verdict.Unavailable, "ended before the offsets were read: nothing was done.");
        }
    }

    private int TakeOver(TakeoverRequest request, SourceDatabase database, KafkaConnection kafka, CancellationToken stop)
    {
        if (ReadOffsets(request, kafka, stop, out string where) is not { } offsets)
        {
            return Refuse(where);
        }

        if (TakeoverRules.Choose(offsets, request.Connector, options.Events.TopicPrefix, out string problem) is not { } offset)
        {
            return Refuse($"{where}: {problem}");
        }

        output.WriteLine($"offset      of connector {offset.Connector}, topic.prefix {offset.TopicPrefix}, in {where}: {Positions(offset)}");
        if (TakeoverRules.Unfinished(offset) is { } unfinished)
        {
            return Refuse(unfinished);
        }

        // Asked after the offset was read: a connector that still runs moves both.
        using var connection = database.Open();
        var (slot, head) = database.Translated(() => (ReplicationSlots.Find(connection, _capture.SlotName), ReplicationSlots.HeadLsn(connection)));
        if (slot is null)
        {
            return Refuse($"there is no slot \"{_capture.SlotName}\" (PENSTOCK_SLOT_NAME; Debezium's default is \"debezium\"). Slots of this database: {Listed(database.Translated(() => ReplicationSlots.Names(connection)))}.");
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"slot        {slot.Name} of {slot.Plugin}, {(slot.IsActive ? $"read by process {slot.ActivePid}" : "read by nobody")}, confirmed {new Lsn(slot.ConfirmedFlushLsn)}, keeps {slot.HeldBytes} bytes of write-ahead log"));
        if (ReplicationSlots.Unusable(slot, database.Url.Database) is { } unusable)
        {
            return Refuse(slot.IsLost ? $"slot \"{slot.Name}\" is lost: changes after {new Lsn(slot.ConfirmedFlushLsn)} cannot be read from it by anybody. Drop it and start the pipeline without takeover; its first start then reads the tables: SELECT pg_drop_replication_slot({SqlName.Literal(slot.Name)});" : unusable);
        }

        var memory = new PipelineMemory(database, options.Name, _capture.State != StateWish.None && StateRights.AreThere(database));
        var record = memory.Read();
        if (record is { ConfirmedLsn: not 0, SnapshotCompletedAt: not null } && record.SlotName == slot.Name)
        {
            output.WriteLine($"pipeline    {options.Name} goes on with this slot already, confirmed {new Lsn(record.ConfirmedLsn)}: there is nothing to do");
            return Verdict.Success;
        }

        if ((TakeoverRules.Mismatch(offset, slot, head) ?? TakeoverRules.Remembered(options.Name, slot.Name, record)) is { } mismatch)
        {
            return Refuse(mismatch);
        }

        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"events      after {new Lsn(slot.ConfirmedFlushLsn)} come from this pipeline. What was committed up to {new Lsn(offset.FurthestLsn)} ({offset.FurthestLsn - slot.ConfirmedFlushLsn} bytes of log, of all tables) is in the topics already and comes again"));
        if (database.Translated(() => SayPublication(connection)) is { } missing)
        {
            return Refuse(missing);
        }

        return request.Confirmed is null ? SayPlan(request, offset, memory.IsKept) : Write(database, memory, slot, offset);
    }

    /// <summary>Null, and why, if there is nothing to read.</summary>
    private static IReadOnlyList<ConnectorOffset>? ReadOffsets(TakeoverRequest request, KafkaConnection kafka, CancellationToken stop, out string where)
    {
        IEnumerable<(byte[] Key, byte[]? Value)> entries;
        try
        {
            if (request.OffsetFile is { } path)
            {
                where = $"file {path}";
                entries = OffsetFile.Parse(File.ReadAllBytes(path));
            }
            else
            {
                string topic = kafka.Topic(request.OffsetTopic);
                where = $"topic {topic}";
                kafka.Open();
                entries = LastValues.Read(kafka, topic, new ClientLog(NullLogger.Instance), stop);
            }

            var offsets = new List<ConnectorOffset>();
            foreach (var (key, value) in entries)
            {
                if (ConnectorOffset.TryRead(key, value, out var offset))
                {
                    offsets.Add(offset!);
                }
            }

            return [.. offsets.OrderBy(offset => offset.Connector, StringComparer.Ordinal)];
        }
        catch (TopicException e) when (e.Problem == TopicProblem.Missing)
        {
            where = $"{e.Message.TrimEnd('.')}. Give Kafka Connect's own (offset.storage.topic of the workers) with --offset-topic, or the file of a standalone worker with --offset-file.";
            return null;
        }
        catch (MalformedOffsetException e)
        {
            where = $"{(request.OffsetFile is { } path ? $"file {path}" : $"topic {request.OffsetTopic}")} holds no offsets that can be read: {e.Message}.";
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ConsumerException)
        {
            where = $"the offsets cannot be read: {e.Message.TrimEnd('.')}.";
            return null;
        }
    }

    /// <summary>What changes with the publication; the problem if it cannot be the connector's.</summary>
    private string? SayPublication(NpgsqlConnection connection)
    {
        string name = _capture.PublicationName;
        if (Publications.Find(connection, name) is not { } publication)
        {
            return $"there is no publication \"{name}\" (PENSTOCK_PUBLICATION_NAME; Debezium's default is \"dbz_publication\"). One that is made now does not count for what was committed before. Publications of this database: {Listed(Publications.Names(connection))}.";
        }

        var all = CapturedTables.ReadAll(connection);
        var captured = CapturedTables.Select(all, OptionMapping.Selection(options));
        if (captured.Count == 0)
        {
            return "no table is captured: set PENSTOCK_TABLE_INCLUDE_LIST or PENSTOCK_SCHEMA_INCLUDE_LIST as the connector has them.";
        }

        var added = Publications.NotCovered(publication, all, captured);
        var left = all.Where(table => publication.Named.Contains(table.Oid) && captured.All(other => other.Oid != table.Oid)).Select(table => table.FullName).ToList();
        bool isAdapted = _capture.PublicationAutocreate == PublicationAutocreate.Filtered && !publication.AllTables;
        output.WriteLine($"publication {name}{(publication.AllTables ? " FOR ALL TABLES" : "")}; captured by this pipeline: {string.Join(", ", captured.Select(table => table.FullName))}");
        if (added.Count > 0)
        {
            output.WriteLine($"warning     not in the publication so far, so the connector has not sent their changes: {string.Join(", ", added.Select(table => table.FullName))}. {(isAdapted ? "The pipeline adds them; rows of before do not come" : "The pipeline refuses to start without them")}");
        }

        if (left.Count > 0)
        {
            output.WriteLine($"warning     in the publication, but not captured by this pipeline: {string.Join(", ", left)}{(isAdapted ? "; the pipeline takes them out of it (PENSTOCK_PUBLICATION_AUTOCREATE_MODE=disabled leaves it alone)" : "")}");
        }

        return null;
    }

    private int SayPlan(TakeoverRequest request, ConnectorOffset offset, bool keepsState)
    {
        string source = request.OffsetFile is { } file ? $"--offset-file {file} " : request.OffsetTopic != "connect-offsets" ? $"--offset-topic {request.OffsetTopic} " : "";
        output.WriteLine($"""
            record      penstock.pipeline {(keepsState ? "would say: no snapshot is due, go on with this slot" : "is not kept: a slot that exists counts as one whose snapshot is done")}
            Nothing was changed. To go on:
              1. Keep the connector stopped. {TakeoverRules.Stopping(offset)}
              2. Type: postgres-to-kafka takeover --from-debezium {source}{(request.Connector is null ? "" : $"--connector {request.Connector} ")}--confirm {options.Name}
              3. Type: postgres-to-kafka check, then start the pipeline: postgres-to-kafka run
            """);
        return Verdict.Success;
    }

    private int Write(SourceDatabase database, PipelineMemory memory, SlotState slot, ConnectorOffset offset)
    {
        if (memory.IsKept)
        {
            memory.Ensure();
            memory.WriteTakenOver(slot.Name, ServerIdentity.Read(database), slot.ConfirmedFlushLsn);
        }

        output.WriteLine($"""
            record      {(memory.IsKept ? "penstock.pipeline says now: no snapshot is due, go on with this slot" : "is not kept: a slot that exists counts as one whose snapshot is done")}
            To go on:
              1. Start the pipeline: postgres-to-kafka run
              2. When its events come, take the connector away, so that it never reads the slot again. On Kafka Connect, type: curl -X DELETE http://CONNECT:8083/connectors/{Uri.EscapeDataString(offset.Connector)}
            """);
        return Verdict.Success;
    }

    private static string Positions(ConnectorOffset offset)
    {
        string Position(string name, ulong lsn) => lsn == 0 ? "" : $" {name} {new Lsn(lsn)}";
        return offset.IsReset ? "deleted" : $"{Position("lsn", offset.Lsn)}{Position("lsn_proc", offset.ProcessedLsn)}{Position("lsn_commit", offset.CommitLsn)}{(offset.TransactionId is { } id ? string.Create(CultureInfo.InvariantCulture, $" txId {id}") : "")}".Trim();
    }

    private static string Listed(IReadOnlyList<string> names) => names.Count > 0 ? string.Join(", ", names) : "none";

    private int Refuse(string problem) => _source.Refuse(Verdict.Preflight, $"{problem} Nothing was done.");
}
