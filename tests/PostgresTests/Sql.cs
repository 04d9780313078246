using Npgsql;
using Penstock.Postgres.Connection;

namespace Penstock.PostgresTests;

/// <summary>Short forms for statements of tests.</summary>
internal static class Sql
{
    public static void Run(this SourceDatabase database, string sql)
    {
        using var connection = database.Open();
        using var command = new NpgsqlCommand(sql, connection);
        command.ExecuteNonQuery();
    }

    /// <summary>Major version of the server: the tests run against each supported one (PG_BIN).</summary>
    public static int Version(this SourceDatabase database)
    {
        using var connection = database.Open();
        return connection.PostgreSqlVersion.Major;
    }

    public static T Scalar<T>(this SourceDatabase database, string sql)
    {
        using var connection = database.Open();
        using var command = new NpgsqlCommand(sql, connection);
        return (T)command.ExecuteScalar()!;
    }
}
