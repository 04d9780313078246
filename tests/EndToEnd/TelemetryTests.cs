using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Penstock.EndToEnd.Sink;
using Penstock.Servers;
using Penstock.Servers.Otlp;

namespace Penstock.EndToEnd;

/// <summary>Export by OTLP to a receiver on loopback that reads every byte of it.</summary>
public sealed class TelemetryTests(SceneFixture servers) : IClassFixture<SceneFixture>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [KafkaFact]
    public async Task R13_metrics_log_and_traces_of_both_programs_reach_a_receiver()
    {
        await using var receiver = new OtlpReceiver();
        var scene = await CopyScene.CreateAsync(servers, "CREATE TABLE t (id int PRIMARY KEY, v text)", "public.t");
        await scene.Source.ExecuteAsync("INSERT INTO t SELECT g, 'secret value' FROM generate_series(1, 50) g");
        foreach (var settings in (Dictionary<string, string>[])[scene.Source.Settings, scene.Settings])
        {
            (settings["OTEL_EXPORTER_OTLP_ENDPOINT"], settings["OTEL_METRIC_EXPORT_INTERVAL"], settings["OTEL_BSP_SCHEDULE_DELAY"], settings["OTEL_BLRP_SCHEDULE_DELAY"], settings["PENSTOCK_LOG_SAMPLES_INTERVAL_MS"]) =
                (receiver.Url, "1000", "500", "500", "500");
        }

        scene.Source.With("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment=test");
        await using var source = await scene.Source.StartStreamingAsync();
        await using var sink = scene.StartSink();
        await scene.Source.ExecuteAsync("INSERT INTO t SELECT g, 'secret value' FROM generate_series(51, 60) g");
        await scene.WaitUntilEqualAsync("t", Patience);
        Assert.Contains(MappedFiles(source), file => file.Contains("OpenTelemetry.dll", StringComparison.Ordinal));

        await UntilAsync(receiver, () => receiver.Metrics.TryGetValue("penstock_events", out var events) && events.Points.GetValueOrDefault("operation=create,table=public.t") == 10
            && receiver.Metrics.TryGetValue("penstock_rows_applied", out var rows) && rows.Points[""] == 60 && receiver.Metrics.ContainsKey("penstock_lag_seconds"));
        Assert.True(receiver.Metrics["penstock_events"].IsMonotonicSum);
        Assert.Equal((false, "s"), (receiver.Metrics["penstock_lag_seconds"].IsMonotonicSum, receiver.Metrics["penstock_lag_seconds"].Unit));
        Assert.Equal("By", receiver.Metrics["penstock_event_bytes"].Unit);
        await UntilAsync(receiver, () => receiver.Logs.Any(log => log.Body.StartsWith("streaming", StringComparison.Ordinal)) && receiver.Logs.Any(log => log.Body.StartsWith("consuming", StringComparison.Ordinal)));
        var streaming = receiver.Logs.First(log => log.Body.StartsWith("streaming", StringComparison.Ordinal));
        Assert.StartsWith("info", streaming.Severity, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(scene.Source.Name, streaming.Attributes["Slot"]);
        Assert.DoesNotContain(receiver.Logs, log => log.Body.Contains("secret", StringComparison.Ordinal) || log.Attributes.ContainsKey("sample#up"));
        await UntilAsync(receiver, () => new[] { "preflight", "snapshot", "deliver batch", "apply transaction" }.All(name => receiver.Spans.Any(span => span.Name == name)));
        Assert.Equal("50", receiver.Spans.First(span => span.Name == "snapshot").Attributes["penstock.rows"]);
        Assert.All(receiver.Spans, span => Assert.InRange(span.Duration, TimeSpan.Zero, Patience));
        Assert.Equal("test", receiver.Resource["deployment.environment"]);
        Assert.Contains(receiver.Resource["service.name"], (string[])["postgres-to-kafka", "kafka-to-postgres"]);

        // What is left is sent at the end.
        Assert.Equal(0, await source.StopAsync(Patience));
        Assert.Equal(0, await sink.StopAsync(Patience));
        Assert.Contains(receiver.Logs, log => log.Body.StartsWith("stopped", StringComparison.Ordinal));
        Assert.Empty(receiver.Problems);
    }

    [KafkaFact]
    public async Task A_receiver_that_is_away_is_said_and_disturbs_nothing()
    {
        var pipeline = await servers.PrepareAsync("CREATE TABLE t (id int PRIMARY KEY)", "public.t");
        pipeline.With("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1").With("OTEL_METRIC_EXPORT_INTERVAL", "500").With("OTEL_METRIC_EXPORT_TIMEOUT", "2000").With("OTEL_EXPORTER_OTLP_TIMEOUT", "2000");
        await using var process = await pipeline.StartStreamingAsync();
        await process.WaitForLineAsync("telemetry cannot be exported.*127.0.0.1:1", Patience);
        await pipeline.ExecuteAsync("INSERT INTO t VALUES (1)");
        Assert.Single(pipeline.Read(1));
        Assert.Equal(0, await process.StopAsync(Patience));

        // One that takes the connection and never answers holds up the end no longer than the pipeline allows.
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        pipeline.With("OTEL_EXPORTER_OTLP_ENDPOINT", $"http://{silent.LocalEndpoint}").With("OTEL_EXPORTER_OTLP_TIMEOUT", "30000");
        await using var held = await pipeline.StartStreamingAsync();
        var began = Stopwatch.StartNew();
        Assert.Equal(0, await held.StopAsync(Patience));
        Assert.InRange(began.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(8));
    }

    /// <summary>Nothing is loaded that is not used.</summary>
    [KafkaFact]
    public async Task Without_an_endpoint_none_of_it_is_loaded()
    {
        var pipeline = await servers.PrepareAsync("CREATE TABLE t (id int PRIMARY KEY)", "public.t");
        await using var process = await pipeline.StartStreamingAsync();
        Assert.DoesNotContain(MappedFiles(process), file => file.Contains("OpenTelemetry", StringComparison.Ordinal));
        Assert.Contains(MappedFiles(process), file => file.Contains("Npgsql.dll", StringComparison.Ordinal));
        Assert.Equal(0, await process.StopAsync(Patience));
    }

    private static string[] MappedFiles(PipelineProcess process) => File.ReadAllLines($"/proc/{process.Id}/maps");

    private static async Task UntilAsync(OtlpReceiver receiver, Func<bool> isThere)
    {
        for (var until = DateTime.UtcNow + TimeSpan.FromSeconds(30); !isThere(); await Task.Delay(100))
        {
            Assert.True(
                DateTime.UtcNow < until,
                $"problems: {string.Join("; ", receiver.Problems)}\nmetrics: {string.Join("; ", receiver.Metrics.Keys)}\nlogs: {string.Join("; ", receiver.Logs.Select(log => log.Body))}\nspans: {string.Join("; ", receiver.Spans.Select(span => span.Name))}");
        }
    }
}
