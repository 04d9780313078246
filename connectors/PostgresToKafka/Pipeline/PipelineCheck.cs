using Microsoft.Extensions.Logging;
using Penstock.Engine.Flow;
using Penstock.Kafka.Connection;
using Penstock.Kafka.Topics;
using Penstock.Postgres.Catalog;
using Penstock.Postgres.Connection;
using Penstock.PostgresToKafka.Settings;

namespace Penstock.PostgresToKafka.Pipeline;

/// <summary><c>check</c>: looks at database and broker, changes neither, and says what is wrong with what to type. Failures go to the log, so that they are seen with <c>--quiet</c> too.</summary>
internal sealed class PipelineCheck(PipelineOptions options, ILoggerFactory logs, TextWriter output)
{
    private readonly ILogger _logger = logs.CreateLogger("");

    /// <summary>Returns the exit code.</summary>
    public Task<int> RunAsync(CancellationToken stop)
    {
        var problems = new List<string>();
        var url = OptionMapping.Database(options, Environment.GetEnvironmentVariable, problems);
        using var kafka = OptionMapping.Kafka(options, problems);
        if (url is null || kafka is null)
        {
            problems.ForEach(problem => _logger.LogError("{Problem}", problem));
            return Task.FromResult(Verdict.Settings);
        }

        // Each side is looked at even if the other fails: one look, all problems. Which topics there must be is known only from the database.
        IReadOnlyList<CapturedTable> captured = [];
        int database = Look("database", () => captured = CheckDatabase(url));
        int broker = stop.IsCancellationRequested ? Verdict.Success : Look("Kafka", () => CheckKafka(url, kafka, captured));
        return Task.FromResult(Math.Max(database, broker));
    }

    private int Look(string what, Action check)
    {
        try
        {
            check();
            output.WriteLine($"PASS {what}");
            return Verdict.Success;
        }
        catch (Exception error) when (Verdict.Of(error) is { } verdict)
        {
            foreach (string line in verdict.Message.Split('\n'))
            {
                _logger.LogError("{Reason}", line);
            }

            return verdict.ExitCode;
        }
    }

    private IReadOnlyList<CapturedTable> CheckDatabase(DatabaseUrl url)
    {
        using var database = new SourceDatabase(url, options.Connections.InitialStatements);
        var seen = PipelineRun.Check(database, options);
        foreach (var finding in seen.Findings)
        {
            output.WriteLine($"WARN {finding.Message}");
        }

        return seen.Captured;
    }

    private void CheckKafka(DatabaseUrl url, KafkaConnection kafka, IReadOnlyList<CapturedTable> captured)
    {
        kafka.Open();
        var format = OptionMapping.Format(options, url.Database);
        using var topics = new TopicCatalog(kafka, new TopicTable(), new TopicPolicy { GraceMs = 500 }, new ClientLog(logs.CreateLogger("kafka")));
        var missing = topics.Check(OptionMapping.Topics(options, format, captured));
        foreach (var topic in missing.Skip(1))
        {
            _logger.LogError("{Reason}", topic.Message);
        }

        if (missing.Count > 0)
        {
            throw missing[0];
        }
    }
}
