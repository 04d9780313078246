using Microsoft.Extensions.Logging;
using Penstock.Engine.Commands;
using Penstock.Engine.Flow;
using Penstock.Kafka.Connection;
using Penstock.Kafka.Topics;
using Penstock.Postgres.Catalog;
using Penstock.Postgres.Connection;
using Penstock.PostgresToKafka.Settings;

namespace Penstock.PostgresToKafka.Pipeline;

/// <summary><c>check</c>: looks at database and broker, changes neither, and says what is wrong with what to type.</summary>
internal sealed class PipelineCheck(PipelineOptions options, ILoggerFactory logs, Action<CheckFinding> found)
{
    /// <summary>Returns the exit code.</summary>
    public Task<int> RunAsync(CancellationToken stop)
    {
        var problems = new List<string>();
        var url = OptionMapping.Database(options, Environment.GetEnvironmentVariable, problems);
        using var kafka = OptionMapping.Kafka(options, problems);
        if (url is null || kafka is null)
        {
            problems.ForEach(problem => found(new CheckFinding("settings", CheckState.Fail, problem)));
            return Task.FromResult(Verdict.Settings);
        }

        // Each side is looked at even if the other fails: one look, all problems. Which topics there must be is known only from the database.
        IReadOnlyList<CapturedTable> captured = [];
        int database = Look("database", () => CheckDatabase(url, out captured));
        int broker = stop.IsCancellationRequested ? Verdict.Success : Look("Kafka", () => CheckKafka(url, kafka, captured));
        return Task.FromResult(Math.Max(database, broker));
    }

    private int Look(string what, Func<int> check)
    {
        try
        {
            int exitCode = check();
            if (exitCode == Verdict.Success)
            {
                found(new CheckFinding(what, CheckState.Pass, ""));
            }

            return exitCode;
        }
        catch (Exception error) when (Verdict.Of(error) is { } verdict)
        {
            found(new CheckFinding(what, CheckState.Fail, verdict.Message));
            return verdict.ExitCode;
        }
    }

    private int CheckDatabase(DatabaseUrl url, out IReadOnlyList<CapturedTable> captured)
    {
        using var database = new SourceDatabase(url, options.Connections.InitialStatements);
        var seen = PipelineRun.Look(database, options, advises: true);
        captured = seen.HasErrors ? [] : seen.Captured;
        // Where something has to be changed first, only that is said.
        foreach (var finding in seen.Findings.Where(finding => finding.IsError || !seen.HasErrors))
        {
            found(new CheckFinding(finding.Check, finding.IsError ? CheckState.Fail : CheckState.Warn, finding.Message));
        }

        return seen.HasErrors ? Verdict.Preflight : Verdict.Success;
    }

    private int CheckKafka(DatabaseUrl url, KafkaConnection kafka, IReadOnlyList<CapturedTable> captured)
    {
        var certificates = kafka.LookAtCertificates(DateTimeOffset.UtcNow);
        foreach (var certificate in certificates)
        {
            found(certificate);
        }

        kafka.Open();
        var format = OptionMapping.Format(options, url.Database);
        using var topics = new TopicCatalog(kafka, new TopicTable(), new TopicPolicy { GraceMs = 500 }, new ClientLog(logs.CreateLogger("kafka")));
        var missing = topics.Check(OptionMapping.Topics(options, format, captured));
        foreach (var topic in missing)
        {
            found(new CheckFinding("topic", CheckState.Fail, topic.Message));
        }

        int atLeast = certificates.Any(certificate => certificate.State == CheckState.Fail) ? Verdict.Preflight : Verdict.Success;
        return missing.Count == 0 ? atLeast : Verdict.Of(missing[0])!.ExitCode;
    }
}
