using System.CommandLine;

namespace Penstock.Engine.Commands;

/// <summary><c>snapshot</c> on the command line.</summary>
internal static class SnapshotCommand
{
    /// <param name="run">Gets what was asked for; gives the exit code.</param>
    public static Command Of(Func<SnapshotAsked, int> run)
    {
        var tables = new Option<string[]>("--table") { Description = "A captured table, schema.table; may be given several times.", AllowMultipleArgumentsPerToken = true };
        var filter = new Option<string>("--filter") { Description = "Only the rows of the one table that fulfil this condition in SQL." };
        var blocking = new Option<bool>("--blocking") { Description = "As of one moment, while streaming waits. Without it the table is read in chunks while changes go on." };
        var stop = new Option<bool>("--stop") { Description = "Read these tables no further, or none of them where no table is named." };
        var command = new Command("snapshot", "Let the pipeline read tables again, by a row in the table of signals (PENSTOCK_SIGNAL_DATA_COLLECTION).") { tables, filter, blocking, stop };
        command.Validators.Add(result =>
        {
            int count = result.GetValue(tables)?.Length ?? 0;
            bool isStop = result.GetValue(stop);
            if (count == 0 && !isStop)
            {
                result.AddError("say which table: --table schema.table");
            }
            else if (result.GetValue(filter) is not null && (count != 1 || isStop || result.GetValue(blocking)))
            {
                result.AddError("--filter goes with one table, and not with --blocking or --stop");
            }
            else if (isStop && result.GetValue(blocking))
            {
                result.AddError("--blocking does not go with --stop: streaming waits for a blocking snapshot, and so would the stop");
            }
        });
        command.SetAction(parsed => run(new SnapshotAsked(parsed.GetValue(tables) ?? [], parsed.GetValue(filter), parsed.GetValue(blocking), parsed.GetValue(stop))));
        return command;
    }
}
