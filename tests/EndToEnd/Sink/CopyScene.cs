using System.Globalization;
using Npgsql;
using Penstock.Servers;

namespace Penstock.EndToEnd.Sink;

/// <summary>Database A, its topics, and database B with the same tables: what the two executables keep in step.</summary>
internal sealed class CopyScene
{
    private readonly PipelineScene _scene;
    private readonly List<PipelineProcess> _sinks = [];

    private CopyScene(PipelineScene scene, TestPipeline source, string target)
    {
        _scene = scene;
        Source = source;
        Target = target;
        Settings = new Dictionary<string, string>
        {
            ["DATABASE_URL"] = scene.Postgres.Url(target),
            ["KAFKA_URL"] = scene.Kafka.Bootstrap,
            ["PENSTOCK_GROUP"] = target,
            ["PENSTOCK_TOPICS"] = string.Join(',', source.Tables.Select(table => $"{source.Name}.{table}")),
        };
    }

    public TestPipeline Source { get; }

    /// <summary>The database the rows go to.</summary>
    public string Target { get; }

    /// <summary>The sink's environment.</summary>
    public Dictionary<string, string> Settings { get; }

    /// <summary>Makes both databases with the same tables.</summary>
    public static Task<CopyScene> CreateAsync(SceneFixture servers, string tablesSql, params string[] tables) => CreateAsync(servers, tablesSql, 1, tables);

    /// <inheritdoc cref="CreateAsync(SceneFixture, string, string[])"/>
    public static async Task<CopyScene> CreateAsync(SceneFixture servers, string tablesSql, int partitions, params string[] tables)
    {
        var source = await servers.PrepareAsync(tablesSql, partitions, tables);
        string target = $"{source.Name}_b";
        await servers.Scene.Postgres.ExecuteAsync($"CREATE DATABASE {target}");
        await servers.Scene.Postgres.ExecuteAsync(tablesSql, target);
        return new CopyScene(servers.Scene, source, target);
    }

    /// <summary>Makes the source with its tables, and a target that has none of them.</summary>
    public static async Task<CopyScene> CreateEmptyAsync(SceneFixture servers, string tablesSql, int partitions, params string[] tables)
    {
        var source = await servers.PrepareAsync(tablesSql, partitions, tables);
        source.With("PENSTOCK_VALUE_CONVERTER_SCHEMAS_ENABLE", "true").With("PENSTOCK_KEY_CONVERTER_SCHEMAS_ENABLE", "true");
        string target = $"{source.Name}_b";
        await servers.Scene.Postgres.ExecuteAsync($"CREATE DATABASE {target}");
        return new CopyScene(servers.Scene, source, target);
    }

    /// <summary>Starts a sink; what the last ones say stands in the message of a failure.</summary>
    public PipelineProcess StartSink(params IReadOnlyList<string> arguments)
    {
        var sink = PipelineProcess.Start(Repository.KafkaToPostgres(), Settings, arguments.Count == 0 ? ["run"] : arguments);
        _sinks.Add(sink);
        return sink;
    }

    /// <summary>Takes both databases, the slot and the topics away: many scenes on the same servers need no more room than one. The executables have ended.</summary>
    public async Task RemoveAsync()
    {
        await Source.ExecuteAsync("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = current_database()");
        await _scene.Postgres.ExecuteAsync($"DROP DATABASE {Target} WITH (FORCE)");
        await _scene.Postgres.ExecuteAsync($"DROP DATABASE {Source.Name} WITH (FORCE)");
        await _scene.Kafka.DeleteTopicsAsync([.. Source.Tables.Select(table => $"{Source.Name}.{table}")]);
    }

    public Task ExecuteInTargetAsync(string sql) => _scene.Postgres.ExecuteAsync(sql, Target);

    /// <summary>A session of its own in the target.</summary>
    public async Task<NpgsqlConnection> OpenTargetAsync()
    {
        var connection = new NpgsqlConnection(_scene.Postgres.ConnectionString(Target));
        await connection.OpenAsync();
        return connection;
    }

    public Task<T?> TargetScalarAsync<T>(string sql) => _scene.Postgres.ScalarAsync<T>(sql, Target);

    /// <summary>Waits until the target has a table, or a column of it.</summary>
    public async Task WaitUntilMadeAsync(string table, TimeSpan limit, string? column = null)
    {
        string sql = column is null ? $"SELECT to_regclass('{table}') IS NOT NULL" : $"SELECT EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass('{table}') AND attname = '{column}')";
        for (var until = DateTime.UtcNow + limit; DateTime.UtcNow < until; await Task.Delay(100))
        {
            if (await TargetScalarAsync<bool>(sql))
            {
                return;
            }
        }

        Assert.Fail($"{table} {column} is not made\n{string.Join("\n--\n", _sinks.Select(sink => sink.LastLines()))}");
    }

    /// <summary>Waits until both databases give the same answer, and says how they differ if they do not.</summary>
    public async Task WaitUntilEqualAsync(string table, TimeSpan limit)
    {
        string sql = $"SELECT count(*) || ' rows ' || coalesce(md5(string_agg(md5(whole::text), '' ORDER BY md5(whole::text))), '-') FROM {table} whole";
        string? source = null, target = null;
        for (var until = DateTime.UtcNow + limit; DateTime.UtcNow < until; await Task.Delay(100))
        {
            source = await Source.ScalarAsync<string>(sql);
            target = await TargetScalarAsync<string>(sql);
            if (source == target)
            {
                return;
            }
        }

        // The first values that only one side has.
        string values = $"SELECT coalesce(string_agg(DISTINCT k || '=' || coalesce(left(v, 100), 'NULL'), E'\\x01'), '') FROM {table} whole, jsonb_each_text(to_jsonb(whole)) AS e(k, v)";
        string[] there = (await Source.ScalarAsync<string>(values))!.Split('\x01');
        string[] here = (await TargetScalarAsync<string>(values))!.Split('\x01');
        target += $"\nsource: {string.Join('|', there.Except(here).Take(3))}\ntarget: {string.Join('|', here.Except(there).Take(3))}";
        var ends = Source.ReadToEnd().GroupBy(record => $"{record.Topic}[{record.Partition}]").ToDictionary(group => group.Key, group => (Count: group.Count(), End: group.Max(record => record.Offset) + 1));
        string offsets = await TargetScalarAsync<string>("SELECT string_agg(format('%s[%s]', topic, partition) || ' ' || next_offset || ' epoch ' || epoch, ', ' ORDER BY topic, partition) FROM penstock.sink_offsets") ?? "";
        target += $"\noffsets: {offsets}\ntopics: {string.Join(", ", ends.OrderBy(end => end.Key, StringComparer.Ordinal))}";
        Assert.Fail(string.Create(CultureInfo.InvariantCulture, $"{table} differs after {limit.TotalSeconds:0} s: source {source}, target {target}\n{string.Join("\n--\n", _sinks.TakeLast(3).Select(sink => sink.LastLines()))}"));
    }
}
