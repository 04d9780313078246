using Penstock.Kafka.Connection;
using Penstock.Postgres.Connection;
using Penstock.PostgresToKafka.Settings;

namespace Penstock.PostgresToKafka.Pipeline;

/// <summary>How a one-off command gets to the source: wrong settings, and a database that does not answer, are said and become the exit code.</summary>
/// <param name="options">The settings.</param>
/// <param name="say">Gets what is wrong.</param>
internal sealed class SourceVisit(PipelineOptions options, Action<string> say)
{
    /// <summary>For commands that say it on standard error.</summary>
    public static SourceVisit Saying(PipelineOptions options, TextWriter error) => new(options, problem => error.WriteLine($"postgres-to-kafka: {problem}"));

    /// <summary>Says why nothing is done; gives the exit code.</summary>
    public int Refuse(int exitCode, string problem)
    {
        say(problem);
        return exitCode;
    }

    /// <summary>Does the work, which gives the exit code.</summary>
    public Task<int> RunAsync(Func<SourceDatabase, Task<int>> work) => RunAsync([], work);

    /// <summary>Does work that names topics, too; no broker is asked.</summary>
    public int Run(Func<SourceDatabase, KafkaConnection, int> work)
    {
        var problems = new List<string>();
        using var kafka = OptionMapping.Kafka(options, problems);
        return RunAsync(problems, database => Task.FromResult(work(database, kafka!))).GetAwaiter().GetResult();
    }

    private async Task<int> RunAsync(List<string> others, Func<SourceDatabase, Task<int>> work)
    {
        var problems = new List<string>();
        var url = OptionMapping.Database(options, Environment.GetEnvironmentVariable, problems);
        problems.AddRange(others);
        if (problems.Count > 0)
        {
            return Refuse(Verdict.Settings, string.Join('\n', problems));
        }

        using var database = new SourceDatabase(url!, options.Connections.InitialStatements);
        try
        {
            return await work(database).ConfigureAwait(false);
        }
        catch (DatabaseException failed)
        {
            return Refuse(Verdict.Of(failed)!.ExitCode, failed.Message);
        }
    }
}
