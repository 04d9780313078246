using System.CommandLine;
using Penstock.Demo;
using Penstock.Servers;

Option<int?> seconds = new("--seconds") { Description = "End after N seconds of shopping; without it, Ctrl-C ends and compares." };
Option<int> rate = new("--rate") { Description = "Changed rows a second to aim at.", DefaultValueFactory = _ => 300 };
Option<bool> embedded = new("--embedded") { Description = "The mock cluster inside the executable even where a real Kafka is there." };
Option<bool> both = new("--both") { Description = "Also a second database that kafka-to-postgres keeps in step, compared at the end." };
seconds.Validators.Add(result => RequirePositive(result, result.GetValueOrDefault<int?>()));
rate.Validators.Add(result => RequirePositive(result, result.GetValueOrDefault<int>()));
RootCommand command = new("A shop in Postgres, postgres-to-kafka, and what arrives in Kafka.") { seconds, rate, embedded, both };
command.SetAction(async (parsed, _) =>
{
    DemoOptions options = new(parsed.GetValue(seconds), parsed.GetValue(rate), parsed.GetValue(embedded), parsed.GetValue(both));
    try
    {
        using DemoRun run = new(options);
        return await run.RunAsync().ConfigureAwait(false);
    }
    catch (ServerException failed)
    {
        Console.Error.WriteLine($"demo: {failed.Message}");
        return 4;
    }
});
// The demo handles Ctrl-C itself: it compares before it ends, which takes longer than the two seconds the command line library gives.
ParseResult parsed = command.Parse(args);
int code = await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null }).ConfigureAwait(false);
return parsed.Errors.Count > 0 ? 2 : code;

static void RequirePositive(System.CommandLine.Parsing.OptionResult result, int? value)
{
    if (value <= 0)
    {
        result.AddError($"{result.Option.Name} wants a number above 0");
    }
}
