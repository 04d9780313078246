using System.CommandLine;

namespace Penstock.Engine.Commands;

/// <summary><c>verify</c> on the command line.</summary>
internal static class VerifyCommand
{
    /// <param name="run">Gets what was asked for; gives the exit code.</param>
    public static Command Of(Func<VerifyRequest, Task<int>> run)
    {
        var table = new Option<string>("--table") { Description = "The table in the source, schema.table.", Required = true };
        var target = new Option<string?>("--as") { Description = "Its name in the target, schema.table, where that is another one." };
        var against = new Option<string>("--against") { Description = "topic: what the table's topic folds to. table: the sink's copy, in the database of PENSTOCK_VERIFY_DATABASE_URL.", DefaultValueFactory = static _ => "topic" };
        against.AcceptOnlyFromAmong("topic", "table");
        var without = new Option<string>("--without") { Description = "Columns that are not compared with the sink's, divided by commas.", DefaultValueFactory = static _ => "" };
        var limit = CommandNumbers.Of("--limit", "List so many differing keys at most.", 20, 0);
        var wait = CommandNumbers.Of("--wait", "Seconds that the pipeline is waited for; and that a row which rests has to differ from the sink's: longer than its lag.", 30, 1);
        var command = new Command("verify", "Compare a table with its topic, or with the sink's copy of it, by checksums; ends with 1 where keys differ. Changes nothing.") { table, against, target, without, limit, wait };
        command.SetAction((parsed, _) => run(new VerifyRequest(
            parsed.GetValue(table)!,
            parsed.GetValue(target) ?? parsed.GetValue(table)!,
            parsed.GetValue(against) == "table",
            parsed.GetValue(without)!.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries),
            parsed.GetValue(limit),
            parsed.GetValue(wait))));
        return command;
    }
}
