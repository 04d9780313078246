using System.CommandLine;
using Penstock.Load;
using Penstock.Servers;

var rows = new Option<int>("--rows") { Description = "Rows of the backlog, in transactions of 1,000", DefaultValueFactory = _ => 1_000_000 };
var schemas = new Option<bool>("--schemas") { Description = "Events with their schemas" };
var partitions = new Option<int>("--partitions") { Description = "Partitions of the topic", DefaultValueFactory = _ => 1 };
var set = new Option<string[]>("--set") { Description = "NAME=VALUE for the pipeline's environment; may be repeated", DefaultValueFactory = _ => [] };

var throughput = new System.CommandLine.Command("throughput", "A backlog in a slot, drained by pg_recvlogical and by the pipeline in the same run") { rows, schemas, partitions, set };
throughput.SetAction(async (parsed, cancellation) =>
    await new Throughput(parsed.GetValue(rows) / 1000, parsed.GetValue(schemas), parsed.GetValue(partitions), parsed.GetValue(set)!).RunAsync(cancellation));

var root = new RootCommand("Measures postgres-to-kafka on this machine against the ceilings of the same run. The last line is RESULT {json}.") { throughput };
try
{
    return await root.Parse(args).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (ServerException failed)
{
    await Console.Error.WriteLineAsync($"bench: {failed.Message}");
    return 4;
}
catch (OperationCanceledException)
{
    await Console.Error.WriteLineAsync("bench: stopped");
    return 130;
}
