using System.Globalization;
using Npgsql;
using Penstock.DebeziumTests.Golden;

namespace Penstock.EndToEnd.Golden;

/// <summary>Runs <c>steps.sql</c>: its statements one by one, each on its session's connection, and the directives between them.</summary>
/// <param name="connectionString">Of the case's database.</param>
/// <param name="directive">Directives that concern the pipeline: <c>idle</c>, <c>commit-offsets</c>, <c>stop</c>, <c>start</c>.</param>
/// <param name="executed">Told of each statement when it is done.</param>
internal sealed class CaseSteps(string connectionString, Func<string, Task> directive, Func<string, Task>? executed = null) : IAsyncDisposable
{
    private readonly Dictionary<string, NpgsqlConnection> _sessions = [];
    private readonly List<string> _failures = [];
    private string _session = "main";

    /// <summary>Statements that the server refused: a case may want that. Said where its records differ.</summary>
    public IReadOnlyList<string> Failures => _failures;

    public async Task RunAsync(IEnumerable<CaseStep> steps)
    {
        foreach (var step in steps)
        {
            await (step.IsDirective ? DirectAsync(step.Text.Split(' ', StringSplitOptions.RemoveEmptyEntries)) : ExecuteAsync(step)).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var connection in _sessions.Values)
        {
            await connection.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task DirectAsync(string[] words)
    {
        switch (words)
        {
            case ["session", var name]:
                _session = name;
                break;
            case ["wait", var milliseconds] when int.TryParse(milliseconds, NumberStyles.None, CultureInfo.InvariantCulture, out int pauseMs):
                await Task.Delay(pauseMs).ConfigureAwait(false);
                break;
            case ["idle" or "commit-offsets" or "stop" or "start"]:
                await directive(words[0]).ConfigureAwait(false);
                break;
            default:
                throw new CaseNotRunException($"the directive @{string.Join(' ', words)} is not known");
        }
    }

    private async Task ExecuteAsync(CaseStep step)
    {
        if (!_sessions.TryGetValue(_session, out var connection))
        {
            connection = new NpgsqlConnection(connectionString);
            _sessions.Add(_session, connection);
            await connection.OpenAsync().ConfigureAwait(false);
        }

        try
        {
            await using var command = new NpgsqlCommand(step.Text, connection) { AllResultTypesAreUnknown = true };
            await command.ExecuteNonQueryAsync().ConfigureAwait(false);
        }
        catch (PostgresException refused)
        {
            _failures.Add($"steps.sql line {step.Line}: {refused.MessageText}");
        }

        if (executed is not null)
        {
            await executed(step.Text).ConfigureAwait(false);
        }
    }
}
