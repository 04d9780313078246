using System.Globalization;
using System.Text;
using Npgsql;

namespace Penstock.EndToEnd.Golden;

/// <summary>Runs <c>steps.sql</c>: statements that end with a line's last <c>;</c>, one by one, each on its session's connection, and the directives between them.</summary>
/// <param name="connectionString">Of the case's database.</param>
/// <param name="directive">Directives that concern the pipeline: <c>idle</c>, <c>commit-offsets</c>, <c>stop</c>, <c>start</c>.</param>
internal sealed class CaseSteps(string connectionString, Func<string, Task> directive) : IAsyncDisposable
{
    private const string Mark = "-- @";

    private readonly Dictionary<string, NpgsqlConnection> _sessions = [];
    private string _session = "main";

    public async Task RunAsync(IEnumerable<string> lines)
    {
        var statement = new StringBuilder();
        foreach (string line in lines)
        {
            if (line.StartsWith(Mark, StringComparison.Ordinal))
            {
                await DirectAsync(line[Mark.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)).ConfigureAwait(false);
                continue;
            }

            statement.Append(line).Append('\n');
            if (line.TrimEnd().EndsWith(';'))
            {
                await ExecuteAsync(statement.ToString()).ConfigureAwait(false);
                statement.Clear();
            }
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
        switch (words[0])
        {
            case "session":
                _session = words[1];
                break;
            case "wait":
                await Task.Delay(int.Parse(words[1], CultureInfo.InvariantCulture)).ConfigureAwait(false);
                break;
            default:
                await directive(words[0]).ConfigureAwait(false);
                break;
        }
    }

    private async Task ExecuteAsync(string statement)
    {
        if (!_sessions.TryGetValue(_session, out var connection))
        {
            connection = new NpgsqlConnection(connectionString + ";Pooling=false");
            _sessions.Add(_session, connection);
            await connection.OpenAsync().ConfigureAwait(false);
        }

        // Steps of a session stand in its transaction until COMMIT: a failed one would only show in the records.
        await using var command = new NpgsqlCommand(statement, connection) { AllResultTypesAreUnknown = true };
        await command.ExecuteNonQueryAsync().ConfigureAwait(false);
    }
}
