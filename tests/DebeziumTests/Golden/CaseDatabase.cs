using Npgsql;
using Penstock.Servers;

namespace Penstock.DebeziumTests.Golden;

/// <summary>Makes the database of a case: fresh, with <c>setup.sql</c> run in it.</summary>
internal static class CaseDatabase
{
    // What a server says that lacks an extension, or a library or feature of newer versions.
    private static readonly string[] ServerCannot = [PostgresErrorCodes.FeatureNotSupported, PostgresErrorCodes.UndefinedFile];

    /// <exception cref="CaseNotRunException">The server lacks what the case needs.</exception>
    /// <exception cref="ServerException">A statement fails for another reason.</exception>
    public static async Task CreateAsync(PostgresServer server, string name, string folder)
    {
        await server.ExecuteAsync($"CREATE DATABASE {Quoted(name)}").ConfigureAwait(false);
        await using var connection = new NpgsqlConnection(server.ConnectionString(name));
        await connection.OpenAsync().ConfigureAwait(false);
        foreach (var step in CaseSql.Read(Path.Combine(folder, "setup.sql")).Where(s => !s.IsDirective))
        {
            try
            {
                await using var command = new NpgsqlCommand(step.Text, connection);
                await command.ExecuteNonQueryAsync().ConfigureAwait(false);
            }
            catch (PostgresException failed)
            {
                string message = $"setup.sql line {step.Line}: {failed.MessageText}";
                throw ServerCannot.Contains(failed.SqlState) ? new CaseNotRunException($"this server cannot: {message}") : new ServerException(message, failed);
            }
        }
    }

    /// <summary>Removes it if it is there.</summary>
    public static Task DropAsync(PostgresServer server, string name) => server.ExecuteAsync($"DROP DATABASE IF EXISTS {Quoted(name)} WITH (FORCE)");

    private static string Quoted(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
