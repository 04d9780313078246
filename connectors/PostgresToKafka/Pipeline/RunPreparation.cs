using Microsoft.Extensions.Logging;
using Penstock.Kafka.Topics;
using Penstock.Postgres.Catalog;
using Penstock.Postgres.Connection;
using Penstock.Postgres.Publication;
using Penstock.PostgresToKafka.Settings;

namespace Penstock.PostgresToKafka.Pipeline;

/// <summary>What a run sees to before it reads anything: topics, publication, replica identities.</summary>
internal sealed class RunPreparation(PipelineOptions options, SourceDatabase database, ILogger logger)
{
    /// <summary>Looks whether the topics of the tables are there.</summary>
    /// <exception cref="TopicException">Some are not, or may not be written.</exception>
    public void CheckTopics(TopicCatalog partitions, IReadOnlyList<CapturedTable> captured)
    {
        var problems = partitions.Check(OptionMapping.Topics(options, OptionMapping.Format(options, database.Url.Database), captured));
        if (problems.Count > 0)
        {
            throw problems.Count == 1
                ? problems[0]
                : new TopicException(problems.Any(p => p.Problem != TopicProblem.Missing) ? TopicProblem.Refused : TopicProblem.Missing, problems[0].Topic, string.Join('\n', problems.Select(p => p.Message)));
        }
    }

    /// <summary>Makes the publication name what is captured, where the settings say so.</summary>
    public PublicationState? EnsurePublication(IReadOnlyList<CapturedTable> captured)
    {
        using var control = database.Open();
        if (database.Translated(() => Publications.Ensure(control, OptionMapping.Publication(options), captured)) is { } change)
        {
            logger.LogInformation("{Change}", change);
        }

        return database.Translated(() => Publications.Find(control, options.Capture.PublicationName));
    }

    /// <summary><c>replica.identity.autoset.values</c>.</summary>
    public void SetReplicaIdentities(IReadOnlyList<CapturedTable> captured)
    {
        if (options.Capture.ReplicaIdentities is not { } rules)
        {
            return;
        }

        using var control = database.Open();
        foreach (var table in captured)
        {
            // More than one would have ended the checks.
            if (rules.Of(table.Schema, table.Name) is [var wanted] && database.Translated(() => ReplicaIdentities.Set(control, table, wanted)) is var (line, failed))
            {
                logger.Log(failed ? LogLevel.Error : LogLevel.Information, "{Change}", line);
            }
        }
    }
}
