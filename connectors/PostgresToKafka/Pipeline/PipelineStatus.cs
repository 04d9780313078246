using Microsoft.Extensions.Logging;
using Penstock.Postgres.Connection;
using Penstock.Postgres.Slot;
using Penstock.Postgres.State;
using Penstock.PostgresToKafka.Settings;
using Spectre.Console;
using PipelineMemory = Penstock.Postgres.State.PipelineState;

namespace Penstock.PostgresToKafka.Pipeline;

/// <summary><c>status</c>: how far the pipeline is, by the source database alone, so that it says the same whether a process runs, hangs or is down. Changes nothing.</summary>
internal sealed class PipelineStatus(PipelineOptions options, ILoggerFactory logs, TextWriter output, bool asJson)
{
    /// <summary>Between the two looks that speeds are told by. A walsender tells its place at least every second under load.</summary>
    private const int LookMs = 1500;

    private readonly SourceVisit _source = new(options, problem => logs.CreateLogger("").LogError("{Problem}", problem));

    /// <summary>Returns the exit code: 0 whenever the database has answered, whatever state the pipeline is in.</summary>
    public Task<int> RunAsync(CancellationToken stop) => _source.RunAsync(async database =>
    {
        var before = Look(database);
        await Task.Delay(before is { Slot: null, Reading: null } ? 0 : LookMs, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var seen = See(database, before);
        await output.WriteAsync(asJson ? seen.Json() : seen.Text()).ConfigureAwait(false);
        return Verdict.Success;
    });

    /// <summary>Looks again and again until <paramref name="stop"/>. A database that goes away is said, and asked again.</summary>
    public Task<int> WatchAsync(CancellationToken stop) => _source.RunAsync(async database =>
    {
        var before = Look(database);
        if (Console.IsOutputRedirected)
        {
            await LookOnAsync(database, before, seen => output.WriteLine(StatusScreen.Line(seen)), problem => output.WriteLine($"problem: {problem}"), stop).ConfigureAwait(false);
        }
        else
        {
            await AnsiConsole.Live(new Text("")).StartAsync(screen => LookOnAsync(database, before, seen => screen.UpdateTarget(StatusScreen.Of(seen)), problem => screen.UpdateTarget(new Text(problem)), stop)).ConfigureAwait(false);
        }

        return Verdict.Success;
    });

    private async Task LookOnAsync(SourceDatabase database, SlotProgress before, Action<StatusReport> show, Action<string> say, CancellationToken stop)
    {
        while (true)
        {
            await Task.Delay(LookMs, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (stop.IsCancellationRequested)
            {
                return;
            }

            try
            {
                var seen = See(database, before);
                before = seen.Now;
                show(seen);
            }
            catch (DatabaseException failed)
            {
                database.ForgetIdle();
                say(failed.Message);
            }
        }
    }

    private StatusReport See(SourceDatabase database, SlotProgress before)
    {
        var now = Look(database);
        var pace = options.Capture.WalMarks.Pace(before, now);
        var seen = new StatusReport(options.Name, options.Capture.SlotName, database.Url.ToString(), now, pace, null, null, "none is kept (PENSTOCK_STATE=none)")
        {
            Alarm = options.Capture.WalMarks.Judge(now, pace),
            ReadRowsPerSecond = before.Reading is { } first && now.Reading is { } last && first.Table == last.Table && last.Rows >= first.Rows && now.At > before.At ? (last.Rows - first.Rows) / (now.At - before.At).TotalSeconds : null,
        };
        return options.Capture.State == StateWish.None ? seen : WithState(database, seen);
    }

    private StatusReport WithState(SourceDatabase database, StatusReport seen)
    {
        try
        {
            var record = new PipelineMemory(database, options.Name, isKept: true).Read();
            return seen with { Record = record, Pause = new PauseFlag(database, options.Name).Read(), NoRecord = "nothing is noted yet", Skips = new SkipMemory(database, options.Name).Read() };
        }
        catch (DatabaseException refused) when (refused.SqlState == Npgsql.PostgresErrorCodes.InsufficientPrivilege)
        {
            return seen with { NoRecord = $"user \"{database.Url.User}\" may not read it; type: GRANT USAGE ON SCHEMA penstock TO {SqlName.Quote(database.Url.User)}; GRANT SELECT ON penstock.pipeline TO {SqlName.Quote(database.Url.User)};" };
        }
    }

    private SlotProgress Look(SourceDatabase database)
    {
        using var connection = database.Open();
        return database.Translated(() => SlotProgress.Read(connection, options.Capture.SlotName));
    }
}
