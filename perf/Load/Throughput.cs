using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Penstock.Servers;

namespace Penstock.Load;

/// <summary>
/// The base measurement: rows/s of the pipeline over a backlog, as a ratio to <c>pg_recvlogical ... -f /dev/null</c> over slots made at the same moment (before and after, the faster counts).
/// </summary>
/// <param name="transactions">Of 1,000 rows each.</param>
/// <param name="schemas">Events carry their schemas.</param>
/// <param name="partitions">Partitions of the topic.</param>
/// <param name="set">NAME=VALUE for the pipeline.</param>
internal sealed class Throughput(int transactions, bool schemas, int partitions, string[] set)
{
    private const string Pipeline = "bench";
    private const string Topic = "bench.public.orders";

    private readonly int _rows = transactions * 1000;

    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        if (!KafkaCluster.IsAvailable)
        {
            throw new ServerException($"a real broker is needed: {KafkaCluster.UnavailableReason}");
        }

        Say($"machine: {Environment.ProcessorCount} cores, {System.Runtime.InteropServices.RuntimeInformation.FrameworkDescription}");
        await using var postgres = await PostgresServer.CreateAsync(new PostgresServerOptions
        {
            Settings = new Dictionary<string, string>
            {
                ["shared_buffers"] = "1GB",
                ["synchronous_commit"] = "off",
                ["logical_decoding_work_mem"] = "256MB",
                ["max_wal_size"] = "20GB",
                ["checkpoint_timeout"] = "1h",
                ["autovacuum"] = "off",
            },
        });
        await using var kafka = await KafkaCluster.CreateAsync(new KafkaClusterOptions { AutoCreateTopics = false });
        await kafka.CreateTopicAsync(Topic, partitions);
        await postgres.ExecuteAsync(await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "Workloads", "orders.sql"), cancellation));
        await postgres.ExecuteAsync("CREATE PUBLICATION bench FOR TABLE orders");
        foreach (string slot in new[] { "drain_before", "drain_after", Pipeline })
        {
            await postgres.ExecuteAsync($"SELECT pg_create_logical_replication_slot('{slot}', 'pgoutput')");
        }

        Say($"postgres {await postgres.ScalarAsync<string>("SHOW server_version")}; writing {_rows:N0} rows in transactions of 1,000");
        await postgres.ExecuteAsync($"CALL load({transactions})");
        string end = await postgres.ScalarAsync<string>("SELECT pg_current_wal_lsn()::text") ?? throw new ServerException("no LSN");
        await postgres.ExecuteAsync("CHECKPOINT");

        double before = await DrainAsync(postgres, "drain_before", end, cancellation);
        Say($"pg_recvlogical before: {before:N0} rows/s");
        var run = await RunPipelineAsync(postgres, kafka, end, cancellation);
        double after = await DrainAsync(postgres, "drain_after", end, cancellation);
        Say($"pg_recvlogical after:  {after:N0} rows/s");
        Say("counting what arrived");
        var (distinct, records) = Count(kafka);
        return Report(Math.Max(before, after), run, distinct, records);
    }

    /// <summary>Rows/s of the C client, from its start to its end.</summary>
    private async Task<double> DrainAsync(PostgresServer postgres, string slot, string end, CancellationToken cancellation)
    {
        var binaries = await PostgresBinaries.FindAsync();
        var clock = Stopwatch.StartNew();
        await Command.RunAsync(
            [Path.Combine(binaries.Folder, "pg_recvlogical"), "-h", "127.0.0.1", "-p", postgres.Port.ToString(CultureInfo.InvariantCulture), "-U", PostgresServer.Superuser,
             "-d", "postgres", "--slot", slot, "--start", "--endpos", end, "--no-loop", "-f", "/dev/null", "-o", "proto_version=1", "-o", "publication_names=bench"],
            TimeSpan.FromMinutes(10),
            cancellationToken: cancellation);
        return _rows / clock.Elapsed.TotalSeconds;
    }

    private async Task<PipelineRun> RunPipelineAsync(PostgresServer postgres, KafkaCluster kafka, string end, CancellationToken cancellation)
    {
        var environment = new Dictionary<string, string>
        {
            ["DATABASE_URL"] = postgres.Url(),
            ["KAFKA_URL"] = kafka.Bootstrap,
            ["PENSTOCK_NAME"] = Pipeline,
            ["PENSTOCK_TABLE_INCLUDE_LIST"] = "public.orders",
            ["PENSTOCK_PUBLICATION_AUTOCREATE_MODE"] = "disabled",
            ["PENSTOCK_SNAPSHOT_MODE"] = "no_data",
            ["PENSTOCK_STATE"] = "none",
            ["PENSTOCK_KEY_CONVERTER_SCHEMAS_ENABLE"] = schemas ? "true" : "false",
            ["PENSTOCK_VALUE_CONVERTER_SCHEMAS_ENABLE"] = schemas ? "true" : "false",
        };
        foreach (string pair in set)
        {
            string[] parts = pair.Split('=', 2);
            environment[parts[0]] = parts.Length == 2 ? parts[1] : "";
        }

        using var watch = new TopicWatch(kafka.Bootstrap, Topic, partitions);
        var clock = Stopwatch.StartNew();
        await using var pipeline = PipelineProcess.Start(environment);
        double firstS = 0, steadyFromS = 0;
        long steadyFrom = 0, count = 0;
        var lastSaid = Stopwatch.StartNew();
        while (count < _rows)
        {
            cancellation.ThrowIfCancellationRequested();
            if (pipeline.HasExited || clock.Elapsed > TimeSpan.FromMinutes(10))
            {
                throw new ServerException($"the pipeline {(pipeline.HasExited ? "ended" : "stalled")} at {count:N0} of {_rows:N0} rows\n{pipeline.LastLines()}");
            }

            await Task.Delay(20, cancellation);
            count = watch.Records();
            double nowS = clock.Elapsed.TotalSeconds;
            firstS = firstS == 0 && count > 0 ? nowS : firstS;
            if (steadyFrom == 0 && count >= _rows * 0.3)
            {
                (steadyFrom, steadyFromS) = (count, nowS);
            }

            if (lastSaid.Elapsed > TimeSpan.FromSeconds(2))
            {
                Say($"  {count,12:N0} rows, {count / Math.Max(nowS - firstS, 0.001):N0} rows/s");
                lastSaid.Restart();
            }
        }

        double lastS = clock.Elapsed.TotalSeconds;
        double cpuUs = pipeline.CpuTime.TotalMicroseconds;
        await WaitConfirmedAsync(postgres, end, cancellation);
        double peakMb = pipeline.PeakMemoryBytes / 1048576.0;
        int exit = await pipeline.StopAsync(TimeSpan.FromSeconds(15));
        if (exit != 0)
        {
            throw new ServerException($"the pipeline ended with {exit}\n{pipeline.LastLines()}");
        }

        return new PipelineRun(_rows / (lastS - firstS), (_rows - steadyFrom) / (lastS - steadyFromS), _rows / lastS, cpuUs / _rows, peakMb);
    }

    /// <summary>The slot must have confirmed the backlog: otherwise the figure would be of records that were not acknowledged.</summary>
    private static async Task WaitConfirmedAsync(PostgresServer postgres, string end, CancellationToken cancellation)
    {
        var limit = Stopwatch.StartNew();
        while (!await postgres.ScalarAsync<bool>($"SELECT confirmed_flush_lsn >= '{end}' FROM pg_replication_slots WHERE slot_name = '{Pipeline}'"))
        {
            if (limit.Elapsed > TimeSpan.FromSeconds(60))
            {
                throw new ServerException("the slot did not confirm the backlog within 60 s of the last record");
            }

            await Task.Delay(100, cancellation);
        }
    }

    private static (int Distinct, long Records) Count(KafkaCluster kafka)
    {
        using var reader = TopicReader.Of(kafka.Bootstrap, Topic);
        var ids = new HashSet<long>();
        var records = reader.ReadToEnd(TimeSpan.FromMinutes(5));
        foreach (var record in records)
        {
            // The id is the first number of the key, with and without schemas.
            string key = record.KeyText!;
            int payload = key.IndexOf("\"payload\"", StringComparison.Ordinal);
            ids.Add(long.Parse(Regex.Match(payload < 0 ? key : key[payload..], "[0-9]+").Value, CultureInfo.InvariantCulture));
        }

        return (ids.Count, records.Count);
    }

    private int Report(double drain, PipelineRun run, int distinct, long records)
    {
        var result = new Dictionary<string, object>
        {
            ["bench"] = "throughput",
            ["workload"] = "orders",
            ["rows"] = _rows,
            ["schemas"] = schemas,
            ["partitions"] = partitions,
            ["drain_rows_s"] = Math.Round(drain),
            ["rows_s"] = Math.Round(run.RowsPerSecond),
            ["steady_rows_s"] = Math.Round(run.SteadyRowsPerSecond),
            ["wall_rows_s"] = Math.Round(run.WallRowsPerSecond),
            ["ratio"] = Math.Round(run.RowsPerSecond / drain, 3),
            ["cpu_us_per_event"] = Math.Round(run.CpuUsPerEvent, 2),
            ["rss_mb"] = Math.Round(run.PeakMb, 1),
            ["lost"] = _rows - distinct,
            ["duplicated"] = records - distinct,
        };
        foreach (var (name, value) in result)
        {
            Say($"  {name,-18} {Convert.ToString(value, CultureInfo.InvariantCulture)}");
        }

        Say("RESULT " + JsonSerializer.Serialize(result));
        return distinct == _rows ? 0 : 1;
    }

    private static void Say(string line) => Console.WriteLine(line);

    private sealed record PipelineRun(double RowsPerSecond, double SteadyRowsPerSecond, double WallRowsPerSecond, double CpuUsPerEvent, double PeakMb);
}
