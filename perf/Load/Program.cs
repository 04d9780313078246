using System.CommandLine;
using System.Globalization;
using Penstock.Load;
using Penstock.Servers;

var databaseUrl = new Option<string?>("--database-url") { Description = "A Postgres to measure, postgres://user:password@host:port/database with wal_level=logical; without it a throwaway server is started", Recursive = true };
var kafkaUrl = new Option<string?>("--kafka-url") { Description = "Brokers to measure, host:port without TLS; without it a throwaway broker is started", Recursive = true };
var set = new Option<string[]>("--set") { Description = "NAME=VALUE for the pipeline's environment; may be repeated", DefaultValueFactory = _ => [], Recursive = true };

var rows = new Option<long>("--rows") { Description = "Changed rows of the backlog", DefaultValueFactory = _ => 1_000_000 };
var workload = new Option<string>("--workload") { Description = string.Join(", ", Workload.All.Select(w => w.Name)), DefaultValueFactory = _ => "orders" };
var changes = new Option<string>("--workload") { Description = "creates, upserts or mixed", DefaultValueFactory = _ => "creates" };
var schemas = new Option<bool>("--schemas") { Description = "Events with their schemas" };
var tls = new Option<bool>("--tls") { Description = "The database over TLS (sslmode=require), and the same without beside it" };
var partitions = new Option<int>("--partitions") { Description = "Partitions of each topic", DefaultValueFactory = _ => 1 };
var tables = new Option<int>("--tables") { Description = "Spread the orders over as many tables and topics", DefaultValueFactory = _ => 1 };
var transaction = new Option<int>("--tx") { Description = "Rows of a transaction", DefaultValueFactory = _ => 1000 };
var rate = new Option<int>("--rate") { Description = "Rows a second", DefaultValueFactory = _ => 1000 };
var seconds = new Option<int>("--seconds") { Description = "How long it is measured", DefaultValueFactory = _ => 60 };
var bytes = new Option<string>("--transaction") { Description = "Size of the transaction, such as 1GB", DefaultValueFactory = _ => "1GB" };
var runs = new Option<int>("--runs") { Description = "How often", DefaultValueFactory = _ => 5 };

var debezium = new Option<string>("--debezium") { Description = "Folder with plugins/ (the Debezium Postgres connector) and libs/ (the Connect runtime; else that of KAFKA_HOME)", Required = true };
var debeziumSet = new Option<string[]>("--debezium-set") { Description = "name=value for the connector, worker.name=value for its worker; may be repeated", DefaultValueFactory = _ => [] };

var root = new RootCommand("Measures postgres-to-kafka and kafka-to-postgres against the ceilings of the same run. The last line is RESULT {json}; perf/README.md says how each figure is taken.") { databaseUrl, kafkaUrl, set };
Add("throughput", "A backlog in a slot, drained by pg_recvlogical and by the pipeline in the same run", durable: false, [rows, workload, schemas, partitions, tables, transaction, tls], (scene, parsed) =>
    new Throughput(scene, new ThroughputOptions(
        parsed.GetValue(rows), Workload.Find(parsed.GetValue(workload)!), parsed.GetValue(transaction), parsed.GetValue(tables), parsed.GetValue(partitions), parsed.GetValue(schemas), parsed.GetValue(tls), parsed.GetValue(set)!)).RunAsync);
Add("compare", "The same backlog through Debezium on Kafka Connect and through the pipeline, in the same run", durable: false, [debezium, debeziumSet, rows, workload, schemas, transaction], (scene, parsed) =>
    new Comparison(scene, new ComparisonOptions(
        parsed.GetValue(debezium)!, parsed.GetValue(rows), Workload.Find(parsed.GetValue(workload)!), parsed.GetValue(transaction), parsed.GetValue(schemas), parsed.GetValue(set)!, parsed.GetValue(debeziumSet)!)).RunAsync);
Add("latency", "Commit to the consumer's receive, under open-loop load", durable: true, [rate, seconds], (scene, parsed) =>
    new Latency(scene, parsed.GetValue(rate), parsed.GetValue(seconds), parsed.GetValue(set)!).RunAsync);
Add("memory", "Peak memory while one large transaction passes", durable: false, [bytes], (scene, parsed) =>
    new LargeTransaction(scene, Bytes(parsed.GetValue(bytes)!), parsed.GetValue(set)!).RunAsync);
Add("idle", "CPU and memory while nothing happens", durable: true, [seconds], (scene, parsed) => new Idle(scene, parsed.GetValue(seconds), parsed.GetValue(set)!).RunAsync);
Add("sink", "A full topic, applied by kafka-to-postgres and, the same rows, by the server alone", durable: false, [rows, changes, partitions], (scene, parsed) =>
    new Sink(scene, parsed.GetValue(rows), parsed.GetValue(changes)!, parsed.GetValue(partitions), parsed.GetValue(set)!).RunAsync);
Add("copy", "Commit in one database to commit in another, through Kafka, under open-loop load", durable: true, [rate, seconds], (scene, parsed) =>
    new CopyLatency(scene, parsed.GetValue(rate), parsed.GetValue(seconds), parsed.GetValue(set)!).RunAsync);
Add("start", "Start of the process to the first event, with a slot that waits", durable: true, [runs], (scene, parsed) => new Start(scene, parsed.GetValue(runs), parsed.GetValue(set)!).RunAsync);
AddTable();

try
{
    return await root.Parse(args).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (Exception failed) when (failed is ServerException or Npgsql.NpgsqlException or Confluent.Kafka.KafkaException)
{
    await Console.Error.WriteLineAsync($"bench: {failed.Message}");
    return 4;
}
catch (OperationCanceledException)
{
    await Console.Error.WriteLineAsync("bench: stopped");
    return 130;
}

void Add(string name, string description, bool durable, Option[] own, Func<BenchScene, ParseResult, Func<CancellationToken, Task<int>>> make)
{
    var command = new System.CommandLine.Command(name, description);
    foreach (var option in own)
    {
        command.Add(option);
    }

    command.SetAction(async (parsed, cancellation) =>
    {
        await using var scene = await BenchScene.CreateAsync(parsed.GetValue(databaseUrl), parsed.GetValue(kafkaUrl), durable);
        return await make(scene, parsed)(cancellation);
    });
    root.Add(command);
}

void AddTable()
{
    var only = new Option<string?>("--only") { Description = "Only benches whose command line this regular expression matches" };
    var beside = new Option<string?>("--debezium") { Description = debezium.Description };
    var results = new Option<string>("--results") { Description = "Folder for the table", DefaultValueFactory = _ => "perf/results" };
    var command = new System.CommandLine.Command("table", "All benches beside what they have to keep, into a dated file; exit code 1 if one does not") { runs, only, beside, results };
    command.SetAction((parsed, cancellation) => new Table(parsed.GetValue(runs), parsed.GetValue(only), parsed.GetValue(beside), parsed.GetValue(results)!, Further(parsed)).RunAsync(cancellation));
    root.Add(command);
}

string[] Further(ParseResult parsed) =>
[
    .. parsed.GetValue(databaseUrl) is { } database ? ["--database-url", database] : Array.Empty<string>(),
    .. parsed.GetValue(kafkaUrl) is { } kafka ? ["--kafka-url", kafka] : Array.Empty<string>(),
    .. parsed.GetValue(set)!.SelectMany(setting => new[] { "--set", setting }),
];

static long Bytes(string text)
{
    string digits = new([.. text.TakeWhile(char.IsAsciiDigit)]);
    long unit = text[digits.Length..].ToUpperInvariant() switch { "" or "B" => 1, "KB" => 1 << 10, "MB" => 1 << 20, "GB" => 1 << 30, _ => 0 };
    return unit > 0 && long.TryParse(digits, CultureInfo.InvariantCulture, out long number) ? number * unit : throw new ServerException($"--transaction: '{text}' is no size such as 512MB or 10GB");
}
