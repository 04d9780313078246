using Penstock.Engine.Commands;
using Penstock.Kafka.Connection;
using Penstock.Postgres.Catalog;
using Penstock.Postgres.Connection;
using Penstock.Postgres.Publication;
using Penstock.PostgresToKafka.Settings;

namespace Penstock.PostgresToKafka.Pipeline;

/// <summary><c>plan</c>: what has to be there, in words to paste; looks at the source for its tables and runs nothing.</summary>
internal sealed class PipelinePlan(PipelineOptions options, TextWriter output, TextWriter error)
{
    /// <summary>Returns the exit code.</summary>
    public int Run(PlanRequest request) => SourceVisit.Saying(options, error).Run((database, kafka) =>
    {
        using var connection = database.Open();
        Write(request, database, kafka, database.Translated(() => CapturedTables.Select(CapturedTables.ReadAll(connection), OptionMapping.Selection(options))));
        return Verdict.Success;
    });

    private void Write(PlanRequest request, SourceDatabase database, KafkaConnection kafka, IReadOnlyList<CapturedTable> captured)
    {
        var format = OptionMapping.Format(options, database.Url.Database);
        var ofTables = OptionMapping.TableTopics(options, format, captured).ToHashSet(StringComparer.Ordinal);
        PlannedTopic[] topics = [.. OptionMapping.Topics(options, format, captured).Select(topic => new PlannedTopic(kafka.Topic(topic), ofTables.Contains(topic)))];
        output.WriteLine($"# pipeline {options.Name}: {captured.Count} tables, {topics.Length} topics. Nothing was run.");
        output.WriteLine("# Choose the partitions for the years to come: more of them later move keys (docs/operations.md). A topic that is compacted keeps the last event of each key for ever, one that is not forgets after a week.");
        output.Write(TopicPlan.Text(request, kafka, topics));
        output.WriteLine("# No consumer group is needed: the pipeline only writes.");
        output.WriteLine("#");
        output.WriteLine($"# In database {database.Url.Database}. What the pipeline's user may not do itself, an administrator types; check says what is missing.");
        string user = SqlName.Quote(database.Url.User);
        Sql($"ALTER ROLE {user} REPLICATION;");
        if (captured.Count > 0)
        {
            Sql($"GRANT USAGE ON SCHEMA {string.Join(", ", captured.Select(table => SqlName.Quote(table.Schema)).Distinct())} TO {user};");
            Sql($"GRANT SELECT ON {string.Join(", ", captured.Select(table => table.QuotedName))} TO {user};");
        }

        if (options.Capture.State != Postgres.State.StateWish.None)
        {
            Sql($"CREATE SCHEMA penstock AUTHORIZATION {user};");
        }

        var publication = OptionMapping.Publication(options);
        Sql(Publications.CreateStatement(publication with { Mode = publication.Mode == PublicationMode.Disabled ? PublicationMode.Filtered : publication.Mode }, captured) + ";");
        output.WriteLine("# The slot is made by the pipeline, behind its snapshot. Only for PENSTOCK_SNAPSHOT_MODE=no_data it may be made before:");
        Sql($"SELECT pg_create_logical_replication_slot({SqlName.Literal(options.Capture.SlotName)}, 'pgoutput');");
    }

    // The targets' languages agree on this form of a comment, so that the whole can be pasted into a file.
    private void Sql(string statement) => output.WriteLine($"#   {statement}");
}
