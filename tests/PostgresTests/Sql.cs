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

    public static T Scalar<T>(this SourceDatabase database, string sql)
    {
        using var connection = database.Open();
        using var command = new NpgsqlCommand(sql, connection);
        return (T)command.ExecuteScalar()!;
    }
}
