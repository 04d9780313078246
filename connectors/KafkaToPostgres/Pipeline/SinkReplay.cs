using Microsoft.Extensions.Logging;
using Npgsql;
using Penstock.Debezium.Reading;
using Penstock.Engine.Buffers;
using Penstock.KafkaToPostgres.Settings;
using Penstock.Postgres.Apply;

namespace Penstock.KafkaToPostgres.Pipeline;

/// <summary>
/// <c>replay</c>: applies what was put aside, each record in a transaction that also takes it off the list. Without leave to overwrite only rows that are missing are written: one that is there
/// may be of a later event.
/// </summary>
internal sealed class SinkReplay(SinkOptions options, ILoggerFactory logs, TextWriter output, bool overwrites) : IPoisonPolicy
{
    /// <summary>Two replays at a time would apply a record twice.</summary>
    private const string LockSql = "SELECT pg_try_advisory_lock(7041777)";

    private readonly ILogger _logger = logs.CreateLogger("");
    private readonly SlabPool _slabs = new("replay", options.SlabBytes, 1);
    private string _reason = "";
    private int _tables;

    /// <summary>Returns the exit code: 1 if something is left, also because a signal ended it before its turn.</summary>
    public Task<int> RunAsync(CancellationToken stop)
    {
        using var kafka = SinkSupervisor.Connect(options, _logger, out var target);
        if (kafka is null || target is null)
        {
            return Task.FromResult(SinkVerdict.Settings);
        }

        try
        {
            return Task.FromResult(Replay(kafka.Group(options.Group), target, stop));
        }
        catch (Exception error) when (SinkVerdict.Of(error) is { } verdict)
        {
            _logger.LogError("{Reason}", verdict.Message);
            return Task.FromResult(verdict.ExitCode);
        }
    }

    public bool TryPutAside(NpgsqlConnection connection, Poison poison)
    {
        _reason = poison.Reason;
        return false;
    }

    private int Replay(string group, TargetDatabase target, CancellationToken stop)
    {
        using var control = target.Open();
        using var applying = target.Open();
        using (var single = new NpgsqlCommand(LockSql, control))
        {
            if (target.Translated(() => single.ExecuteScalar()) is not true)
            {
                output.WriteLine("another replay is at work on this database: wait for its end");
                return SinkVerdict.Unavailable;
            }
        }

        int applied = 0, left = 0;
        var places = target.Translated(() => DeadLetters.List(control, group));
        int untried = places.Count;
        foreach (var place in places)
        {
            if (stop.IsCancellationRequested)
            {
                break;
            }

            untried--;
            if (target.Translated(() => DeadLetters.Read(control, group, place)) is { } letter)
            {
                string? reason = target.Translated(() => ReasonToLeave(group, letter, control, applying));
                if (reason is null)
                {
                    applied++;
                }
                else
                {
                    left++;
                    output.WriteLine($"left {letter.Topic}[{letter.Partition}] at offset {letter.Offset}: {reason}");
                }
            }
        }

        output.WriteLine(untried == 0 ? $"replay: {applied} applied, {left} left" : $"replay: {applied} applied, {left} left, {untried} not tried: it was ended by a signal, type it again");
        return left + untried == 0 ? SinkVerdict.Success : SinkVerdict.Poison;
    }

    /// <summary>Applies a letter; says why not, or null.</summary>
    private string? ReasonToLeave(string group, DeadLetter letter, NpgsqlConnection control, NpgsqlConnection applying)
    {
        var position = new PartitionPosition { Topic = letter.Topic, Partition = letter.Partition, Epoch = 0, NextOffset = 0, AppliedOffset = 0, Applied = default };
        var batch = new ChangeBatch { Slab = _slabs.Rent("replay") };
        try
        {
            new RecordDecoder(options.Decoding, (schema, name) => TargetCatalog.Find(control, schema, name, _tables++, options.KeyFields, options.WithKey))
                .Decode(letter.Key, letter.Value, letter.Value is null, default, default, position, letter.Offset, 0, batch);
            var change = batch.Changes[0];
            if (change.Kind == ChangeKind.Unreadable)
            {
                return batch.ReasonOf(0);
            }

            if (!overwrites && (change.IsPartial || change.Kind is ChangeKind.Delete or ChangeKind.Truncate))
            {
                return "it changes what is there, which may be newer: --overwrite does it all the same";
            }

            var place = (letter.Topic, letter.Partition, letter.Offset);
            var applier = new BatchApplier(new SinkOffsets(group), overwrites ? options.Insert : InsertMode.Insert, this) { BeforeCommit = connection => DeadLetters.Remove(connection, group, place) };
            applier.TryApply(applying, [batch], out _);
            return null;
        }
        catch (PoisonException)
        {
            return overwrites ? _reason : $"{_reason}; if its row is there by now, --overwrite replaces it";
        }
        finally
        {
            batch.ReturnSlab();
        }
    }
}
