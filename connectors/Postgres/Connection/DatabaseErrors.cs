using System.Diagnostics;
using System.Net.Sockets;
using System.Security.Authentication;
using Npgsql;
using Penstock.Postgres.Wal;

namespace Penstock.Postgres.Connection;

/// <summary>Turns what drivers and servers say into one readable message and a class.</summary>
public static class DatabaseErrors
{
    /// <summary>
    /// Null for exceptions that are no failure of the database: those are defects and should be seen as they are.
    /// </summary>
    public static DatabaseException? Translate(Exception exception, DatabaseUrl url) => exception switch
    {
        DatabaseException known => known,
        PostgresException server => FromServer(server.SqlState, server.MessageText, url, server),
        _ when Find<PostgresException>(exception) is { } server => FromServer(server.SqlState, server.MessageText, url, exception),
        _ when Find<SocketException>(exception) is { } socket => FromSocket(socket, url, exception),
        _ when Find<AuthenticationException>(exception) is { } tls => new DatabaseException(
            FailureClass.Preflight,
            $"the TLS certificate of Postgres at {Place(url)} is refused: {tls.Message} Give the authority's certificate with ?sslrootcert=FILE, or use ?sslmode=require to encrypt without verifying.",
            inner: exception),
        // With TLS 1.3 the server judges the client's certificate after the handshake: its refusal is what the first read finds.
        _ when url.CertificateFile is not null && FindAlert(exception) is { } alert => new DatabaseException(
            FailureClass.Preflight,
            $"Postgres at {Place(url)} refuses the client certificate {url.CertificateFile} ({alert}): it must come from an authority of ssl_ca_file at the server. Check sslcert and sslkey in DATABASE_URL.",
            inner: exception),
        NpgsqlException driver when driver.Message.Contains("SSL", StringComparison.Ordinal) => new DatabaseException(
            FailureClass.Preflight,
            $"Postgres at {Place(url)} does not offer TLS, which sslmode={url.Tls.ToString().ToLowerInvariant()} asks for: turn ssl on at the server, or append ?sslmode=disable to the URL in a private network.",
            inner: exception),
        TimeoutException => Timeout(url, exception),
        NpgsqlException { InnerException: TimeoutException } => Timeout(url, exception),
        NpgsqlException or IOException => new DatabaseException(FailureClass.Unavailable, $"the connection to Postgres at {Place(url)} broke: {exception.Message}", inner: exception),
        _ when IsOfAnAnswer(exception) => NoPostgres(url, exception),
        _ => null,
    };

    /// <summary>What answers does not keep to the protocol. Retried: a server, or something on the way, that is being put up may do that.</summary>
    public static DatabaseException NoPostgres(DatabaseUrl url, Exception inner) => new(
        FailureClass.Unavailable, $"what listens at {Place(url)} sends what is no part of Postgres' protocol{(inner is MalformedWalException ? $" ({inner.Message})" : "")}: is it a Postgres server, and is nothing on the way that changes what it sends?", inner: inner);

    /// <summary>Maps an error that the server has sent.</summary>
    public static DatabaseException FromServer(string sqlState, string message, DatabaseUrl url, Exception? inner = null)
    {
        DatabaseException Of(FailureClass failure, string text) => new(failure, text, sqlState, inner);
        return sqlState switch
        {
            "28P01" => Of(FailureClass.Preflight, $"Postgres at {Place(url)} refuses the password of user \"{url.User}\": check user and password in DATABASE_URL."),
            "28000" => Of(FailureClass.Preflight, $"Postgres at {Place(url)} does not let user \"{url.User}\" into database \"{url.Database}\": {message}. Check the user in DATABASE_URL and pg_hba.conf at the server."),
            "3D000" => Of(FailureClass.Preflight, $"there is no database \"{url.Database}\" at {Place(url)}: check the path of DATABASE_URL."),
            "42501" => Of(FailureClass.Preflight, $"user \"{url.User}\" lacks a right in database \"{url.Database}\": {message}."),
            "55006" => Of(FailureClass.SlotActive, $"{message}: another process reads from this slot, or the server has not noticed yet that the last one is gone."),
            "53300" => Of(FailureClass.Unavailable, $"Postgres at {Place(url)} has no connection left ({message})."),
            "53400" => Of(FailureClass.Preflight, $"Postgres at {Place(url)}: {message}. Raise max_replication_slots or drop a slot that nobody uses: SELECT pg_drop_replication_slot('NAME');"),
            "55000" => Of(FailureClass.Preflight, $"Postgres at {Place(url)}: {message}."),
            "25006" => Of(FailureClass.Unavailable, $"Postgres at {Place(url)} accepts no writes ({message}): it is a standby, or was made read-only."),
            "57P01" or "57P02" or "57P03" => Of(FailureClass.Unavailable, $"Postgres at {Place(url)} is starting or stopping ({message})."),
            _ when sqlState.StartsWith("08", StringComparison.Ordinal) || sqlState.StartsWith("53", StringComparison.Ordinal) || sqlState.StartsWith("58", StringComparison.Ordinal)
                || sqlState is "40001" or "40P01" or "55P03" or "57014" or "57P05" or "25P03" or "25P04" =>
                Of(FailureClass.Unavailable, $"Postgres at {Place(url)}: {message} ({sqlState})."),
            _ => Of(FailureClass.Preflight, $"Postgres at {Place(url)}: {message} ({sqlState})."),
        };
    }

    private static DatabaseException FromSocket(SocketException socket, DatabaseUrl url, Exception inner) => new(
        FailureClass.Unavailable,
        socket.SocketErrorCode switch
        {
            SocketError.ConnectionRefused => $"nothing listens at {Place(url)}: is Postgres running, and are host and port of DATABASE_URL right?",
            SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain => $"the host name \"{url.Host}\" of DATABASE_URL cannot be resolved.",
            SocketError.TimedOut or SocketError.HostUnreachable or SocketError.NetworkUnreachable => $"{Place(url)} cannot be reached: {socket.Message}.",
            _ => $"the connection to Postgres at {Place(url)} broke: {socket.Message}.",
        },
        inner: inner);

    private static DatabaseException Timeout(DatabaseUrl url, Exception inner) =>
        new(FailureClass.Unavailable, $"Postgres at {Place(url)} did not answer in time.", inner: inner);

    private static string Place(DatabaseUrl url) => url.IsUnixSocket ? $"{url.Host}/.s.PGSQL.{url.Port}" : $"{url.Host}:{url.Port}";

    // The driver takes a server at its word: a length that lies ends in an array that cannot be had, a message out of turn in "please file a bug". Thrown elsewhere these are defects of ours.
    private static bool IsOfAnAnswer(Exception exception)
    {
        bool possible = exception is OutOfMemoryException or ArgumentException or OverflowException or FormatException or NotSupportedException or IndexOutOfRangeException
            || (exception.GetType() == typeof(Exception) || exception is InvalidOperationException) && exception.Message.Contains("file a bug", StringComparison.Ordinal);
        return possible && new StackTrace(exception).GetFrames()
            .Select(frame => frame.GetMethod()?.DeclaringType?.Assembly)
            .FirstOrDefault(assembly => assembly is not null && assembly != typeof(object).Assembly) == typeof(NpgsqlConnection).Assembly;
    }

    private static string? FindAlert(Exception exception)
    {
        for (Exception? at = exception; at is not null; at = at.InnerException)
        {
            if (at.Message.Contains("alert", StringComparison.OrdinalIgnoreCase) && at.Message.Contains("SSL", StringComparison.OrdinalIgnoreCase))
            {
                return at.Message.Trim();
            }
        }

        return null;
    }

    private static T? Find<T>(Exception exception)
        where T : Exception
    {
        for (Exception? at = exception; at is not null; at = at.InnerException)
        {
            if (at is T found)
            {
                return found;
            }
        }

        return null;
    }
}
