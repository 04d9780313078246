using Microsoft.Extensions.Logging;
using Npgsql;
using Penstock.Engine.Commands;
using Penstock.Engine.Flow;
using Penstock.Kafka.Connection;
using Penstock.Kafka.Topics;
using Penstock.KafkaToPostgres.Settings;
using Penstock.KafkaToPostgres.Transactions;
using Penstock.Postgres.Apply;
using Penstock.Postgres.Connection;

namespace Penstock.KafkaToPostgres.Pipeline;

/// <summary><c>check</c>: looks at target and broker, changes neither, and says what is wrong with what to type.</summary>
internal sealed class SinkCheck(SinkOptions options, ILoggerFactory logs, Action<CheckFinding> found)
{
    /// <summary>Returns the exit code.</summary>
    public Task<int> RunAsync(CancellationToken stop)
    {
        using var kafka = SinkSupervisor.Connect(options, problem => found(new CheckFinding("settings", CheckState.Fail, problem)), out var target);
        if (kafka is null || target is null)
        {
            return Task.FromResult(SinkVerdict.Settings);
        }

        // Each side is looked at even if the other fails: one look, all problems.
        int database = Look("target", () => CheckTarget(kafka, target));
        int broker = stop.IsCancellationRequested ? SinkVerdict.Success : Look("Kafka", () => CheckTopics(kafka, stop));
        int certificates = SinkVerdict.Success;
        foreach (var certificate in kafka.LookAtCertificates(DateTimeOffset.UtcNow))
        {
            found(certificate);
            certificates = certificate.State == CheckState.Fail ? SinkVerdict.Preflight : certificates;
        }

        return Task.FromResult(Math.Max(certificates, Math.Max(database, broker)));
    }

    private int Look(string what, Action check)
    {
        try
        {
            check();
            found(new CheckFinding(what, CheckState.Pass, ""));
            return SinkVerdict.Success;
        }
        catch (Exception error) when (SinkVerdict.Of(error) is { } verdict)
        {
            found(new CheckFinding(what, CheckState.Fail, verdict.Message));
            return verdict.ExitCode;
        }
    }

    private void CheckTarget(KafkaConnection kafka, TargetDatabase target)
    {
        using var connection = target.Open();
        string? transactions = options.Apply == ApplyMode.Transaction ? TransactionTopicName.Of(options.Topics, options.TransactionTopic) : null;
        _ = target.Translated(() =>
        {
            TargetDatabase.RequireUtf8(connection);
            using var look = new NpgsqlCommand(
                "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::bool, has_database_privilege(current_database(), 'TEMP'), to_regclass('penstock.sink_offsets') IS NOT NULL OR has_database_privilege(current_database(), 'CREATE')",
                connection);
            using (var reader = look.ExecuteReader())
            {
                reader.Read();
                Require(!reader.GetBoolean(0), "the target accepts no writes: it is a standby, or read-only.");
                Require(reader.GetBoolean(1), $"the user may not make temporary tables: GRANT TEMPORARY ON DATABASE {SqlName.Quote(target.Url.Database)} TO {SqlName.Quote(target.Url.User)};");
                Require(reader.GetBoolean(2), "there is no table penstock.sink_offsets and the user may not make its schema: let an owner of the database run 'kafka-to-postgres run' once, or grant CREATE.");
            }

            foreach (string topic in options.Topics.Where(topic => !topic.StartsWith('^') && topic != transactions && !options.NameFormat.Contains("${source.", StringComparison.Ordinal)))
            {
                var (schema, name) = options.TableOf(kafka.Topic(topic), "", "");
                var table = TargetCatalog.Find(connection, schema, name, 0, options.KeyFields, options.WithKey);
                if (table is null && options.Evolution == SchemaEvolution.Basic)
                {
                    found(new CheckFinding("table", CheckState.Warn, $"there is no table {(schema.Length == 0 ? name : $"{schema}.{name}")} for topic {topic}: it is made when its first event comes, if that has a schema"));
                    continue;
                }

                Require(table is not null, $"there is no table {(schema.Length == 0 ? name : $"{schema}.{name}")} for topic {topic}: create it, or name another one with PENSTOCK_COLLECTION_NAME_FORMAT.");
                if (table!.Key.Count == 0)
                {
                    found(new CheckFinding("table", CheckState.Warn, $"table {table} has no key: rows are only added"));
                }
            }

            return true;
        });
    }

    private void CheckTopics(KafkaConnection kafka, CancellationToken stop)
    {
        kafka.Open();
        using var topics = new TopicCatalog(kafka, new TopicTable(), new TopicPolicy { GraceMs = 500 }, new ClientLog(logs.CreateLogger("kafka")));
        var missing = topics.Check([.. options.Topics.Where(topic => !topic.StartsWith('^'))]);
        if (missing.Count > 0)
        {
            throw missing[0];
        }

        if (options.Apply == ApplyMode.Transaction)
        {
            new TransactionFeed(options, kafka, logs).Open(stop);
        }
    }

    private static void Require(bool holds, string message)
    {
        if (!holds)
        {
            throw new DatabaseException(FailureClass.Preflight, message);
        }
    }
}
