using System.CommandLine;
using System.CommandLine.Parsing;

namespace Penstock.Engine.Commands;

/// <summary><c>tail</c> on the command line.</summary>
internal static class TailCommand
{
    private const string Operations = "crudtm";

    /// <param name="run">Gets what was asked for; gives the exit code.</param>
    public static Command Of(Func<TailRequest, Task<int>> run)
    {
        var topic = new Argument<string>("TOPIC") { Description = "The topic, with or without KAFKA_PREFIX." };
        var from = new Option<string>("--from") { Description = $"Where to begin in each partition: {TailStart.Form}.", DefaultValueFactory = static _ => "end" };
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on behind the topic's end, until Ctrl-C. Without it reading ends there, except with --from end." };
        var partition = CommandNumbers.Optional("--partition", "Only this partition.", 0);
        var count = CommandNumbers.Optional("--count", "End after so many events that were shown.", 1);
        var key = new Option<string>("--key") { Description = "Only this key: the whole of it, the value of one of its columns, or column=value." };
        var op = new Option<string>("--op") { Description = "Only these operations, divided by commas: c insert, u update, d delete, r row of a snapshot, t truncate, m message." };
        var table = new Option<string>("--table") { Description = "Only events of this table: table or schema.table." };
        var diff = new Option<bool>("--diff") { Description = "Only what is different between the old and the new row." };
        var json = new Option<bool>("--json") { Description = "Whole records, one JSON object a line." };
        from.Validators.Add(static result => Validate(result, static text => TailStart.TryParse(text, DateTimeOffset.UnixEpoch.AddYears(50), out _) ? null : $"must be {TailStart.Form}"));
        op.Validators.Add(static result => Validate(result, static text => Letters(text) is { Length: > 0 } letters && letters.All(Operations.Contains) ? null : "must be some of c, u, d, r, t, m, divided by commas"));
        var command = new Command("tail", "Show the events of a topic as they come, one a line; joins no group, commits nothing.") { topic, from, follow, partition, count, key, op, table, diff, json };
        command.SetAction((parsed, cancellation) =>
        {
            TailStart.TryParse(parsed.GetValue(from)!, DateTimeOffset.UtcNow, out var start);
            return run(new TailRequest(parsed.GetValue(topic)!, start)
            {
                IsFollowing = parsed.GetValue(follow) || start.Kind == TailStartKind.End,
                Partition = parsed.GetValue(partition),
                Count = parsed.GetValue(count),
                Key = parsed.GetValue(key),
                Operations = Letters(parsed.GetValue(op) ?? ""),
                Table = parsed.GetValue(table),
                IsDiff = parsed.GetValue(diff),
                IsJson = parsed.GetValue(json),
            });
        });
        return command;
    }

    private static string Letters(string text) => string.Concat(text.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries));

    private static void Validate(OptionResult result, Func<string, string?> problemOf)
    {
        if (result.Tokens is [var token] && problemOf(token.Value) is { } problem)
        {
            result.AddError($"{result.Option.Name} {problem}");
        }
    }
}
