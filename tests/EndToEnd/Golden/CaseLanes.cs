using System.Collections.Concurrent;
using Penstock.DebeziumTests.Golden;
using Penstock.Servers;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace Penstock.EndToEnd.Golden;

/// <summary>
/// Runs cases ahead of the tests that ask for them, on lanes: a lane has a Postgres of its own and one case at a time, because a case's database must have the name that it has in the corpus. All write to
/// one Kafka.
/// </summary>
public sealed class CaseLanes : IAsyncLifetime
{
    // A case waits most of its time: for a start, for a broker's answer, for the server's next keepalive.
    private const int Lanes = 3;

    private static readonly ConcurrentQueue<string> Ordered = new();

    private readonly GoldenReport _report = new("b, through the pipeline");
    private readonly GoldenList _known = new("database-differences.txt");
    private readonly ConcurrentDictionary<string, TaskCompletionSource<GoldenResult>> _results = new(StringComparer.Ordinal);
    private readonly CaseServers _servers = new();
    private readonly List<Task> _running = [];

    /// <summary>The verdict over a case, when its lane has come to it.</summary>
    internal Task<GoldenResult> ResultAsync(string name)
    {
        if (!KafkaCluster.IsAvailable)
        {
            var result = GoldenResult.NotRun(KafkaCluster.UnavailableReason);
            _report.Add(name, result);
            return Task.FromResult(result);
        }

        if (_running.Count == 0)
        {
            _running.AddRange(_servers.Postgres.Select(server => Task.Run(() => DriveAsync(server))));
        }

        return Of(name).Task;
    }

    public Task InitializeAsync() => KafkaCluster.IsAvailable ? _servers.StartAsync(Lanes) : Task.CompletedTask;

    public async Task DisposeAsync()
    {
        Ordered.Clear();
        await Task.WhenAll(_running);
        _report.Write();
        await _servers.StopAsync();
    }

    private async Task DriveAsync(PostgresServer server)
    {
        while (Ordered.TryDequeue(out string? name))
        {
            try
            {
                var result = await JudgeAsync(server, name);
                _report.Add(name, result);
                Of(name).TrySetResult(result);
            }
            catch (Exception defect)
            {
                // The test of this case throws it; the lane goes on.
                _report.Add(name, GoldenResult.Failed($"{defect.GetType().Name}: {defect.Message}"));
                Of(name).TrySetException(defect);
            }
        }
    }

    private async Task<GoldenResult> JudgeAsync(PostgresServer server, string name)
    {
        try
        {
            var golden = new GoldenCase(GoldenCorpus.Find(name));
            if (!File.Exists(Path.Combine(golden.Folder, "setup.sql")))
            {
                return GoldenResult.NotRun("the case has no setup.sql, which a run with a database needs");
            }

            var differences = await new CaseRun(server, _servers.Kafka, golden).CompareAsync();
            return GoldenResult.Of(golden.Name, differences, new GoldenCounts(golden.Events.Count, golden.Events.Count(e => e.Origin != GoldenOrigin.Stream), 0), _known);
        }
        catch (CaseNotRunException notRun)
        {
            return GoldenResult.NotRun(notRun.Message);
        }
        catch (Exception broken) when (broken is FormatException or ServerException)
        {
            return GoldenResult.Failed(broken.Message);
        }
    }

    private TaskCompletionSource<GoldenResult> Of(string name) => _results.GetOrAdd(name, _ => new TaskCompletionSource<GoldenResult>(TaskCreationOptions.RunContinuationsAsynchronously));

    /// <summary>Tells the lanes which cases this run has, filtered as it was asked for, in the order in which their tests will ask.</summary>
    public sealed class Orderer : ITestCaseOrderer
    {
        public IEnumerable<T> OrderTestCases<T>(IEnumerable<T> testCases)
            where T : ITestCase
        {
            List<T> cases = [.. testCases.OrderBy(test => (string)test.TestMethodArguments[0], StringComparer.Ordinal)];
            cases.ForEach(test => Ordered.Enqueue((string)test.TestMethodArguments[0]));
            return cases;
        }
    }
}
