using Npgsql;
using Penstock.Servers;

namespace Penstock.EndToEnd;

/// <summary>A database of a test, and the settings of the pipeline that reads it. Name of the pipeline = name of the database.</summary>
public sealed class TestPipeline
{
    private readonly PipelineScene _scene;

    public TestPipeline(PipelineScene scene, string name, string[] tables)
    {
        _scene = scene;
        Name = name;
        Tables = tables;
        Settings = new Dictionary<string, string>
        {
            ["DATABASE_URL"] = scene.Postgres.Url(name),
            ["KAFKA_URL"] = scene.Kafka.Bootstrap,
            ["PENSTOCK_NAME"] = name,
        };
        if (tables.Length > 0)
        {
            Settings["PENSTOCK_TABLE_INCLUDE_LIST"] = string.Join(',', tables);
        }
    }

    public string Name { get; }

    public string[] Tables { get; }

    public Dictionary<string, string> Settings { get; }

    /// <summary>Of the database, for clients that take no URL.</summary>
    public string ConnectionString => _scene.Postgres.ConnectionString(Name);

    public TestPipeline With(string setting, string value)
    {
        Settings[setting] = value;
        return this;
    }

    public Task ExecuteAsync(string sql) => _scene.Postgres.ExecuteAsync(sql, Name);

    public Task<T?> ScalarAsync<T>(string sql) => _scene.Postgres.ScalarAsync<T>(sql, Name);

    /// <summary>A session of its own in the database, for transactions of several steps.</summary>
    public async Task<NpgsqlConnection> OpenAsync()
    {
        var connection = new NpgsqlConnection(_scene.Postgres.ConnectionString(Name));
        await connection.OpenAsync();
        return connection;
    }

    /// <summary>Waits until the slot has confirmed all that is in the write-ahead log now.</summary>
    public async Task WaitUntilConfirmedAsync()
    {
        string head = (await ScalarAsync<string>("SELECT pg_current_wal_lsn()::text"))!;
        for (var until = DateTime.UtcNow.AddSeconds(30); DateTime.UtcNow < until; await Task.Delay(100))
        {
            if (await ScalarAsync<bool>($"SELECT coalesce(bool_or(confirmed_flush_lsn >= '{head}'), false) FROM pg_replication_slots WHERE slot_name = '{Name}'"))
            {
                return;
            }
        }

        Assert.Fail($"{head} was not confirmed within 30 s");
    }

    public PipelineProcess Start(params IReadOnlyList<string> arguments) => PipelineProcess.Start(Settings, arguments.Count == 0 ? ["run"] : arguments);

    public async Task<PipelineProcess> StartStreamingAsync()
    {
        var pipeline = Start();
        await pipeline.WaitForLineAsync("msg=\"?streaming", TimeSpan.FromSeconds(60));
        return pipeline;
    }

    /// <summary>Runs it to its end and checks what every failure must be: readable, without a stack trace.</summary>
    public async Task<(int ExitCode, string Output)> RunToEndAsync(params IReadOnlyList<string> arguments)
    {
        await using var pipeline = Start(arguments);
        int exitCode = await pipeline.WaitForExitAsync(TimeSpan.FromSeconds(60));
        string output = string.Join('\n', pipeline.Lines);
        Assert.DoesNotMatch(@"(?m)^\s+at |Unhandled exception|Exception:", output);
        return (exitCode, output);
    }

    /// <summary>Reads the tables' topics until there are <paramref name="count"/> records or none came for ten seconds.</summary>
    public IReadOnlyList<TopicRecord> Read(int count)
    {
        using var reader = TopicReader.Of(_scene.Kafka.Bootstrap, Tables.Select(table => $"{Name}.{table}"));
        return reader.Read(count, TimeSpan.FromSeconds(10));
    }

    /// <summary>What stands in the tables' topics now.</summary>
    public IReadOnlyList<TopicRecord> ReadToEnd()
    {
        using var reader = TopicReader.Of(_scene.Kafka.Bootstrap, Tables.Select(table => $"{Name}.{table}"));
        return reader.ReadToEnd(TimeSpan.FromSeconds(60));
    }
}
