using System.Globalization;
using Npgsql;
using Penstock.Postgres.Connection;

namespace Penstock.Postgres.Preflight;

/// <summary>What the server must be and allow, whatever the tables.</summary>
internal static class ServerChecks
{
    private const int OldestVersion = 14;

    // Providers hand out the right to replicate as membership of a role of theirs. Checked only where the role exists.
    private static readonly string[] ReplicationRoles = ["rds_replication", "rds_superuser", "cloudsqlsuperuser", "azure_pg_admin", "alloydbsuperuser"];

    public static void Add(List<PreflightFinding> findings, NpgsqlConnection connection, DatabaseUrl url, bool withStream, bool slotExists)
    {
        int version = connection.PostgreSqlVersion.Major;
        if (version < OldestVersion)
        {
            findings.Add(new PreflightFinding("version", true, $"Postgres {version} at {url.Host}:{url.Port} is too old: versions {OldestVersion} to 18 are supported."));
        }

        string encoding = Setting(connection, "server_encoding");
        if (encoding != "UTF8")
        {
            findings.Add(new PreflightFinding(
                "server_encoding",
                true,
                $"database \"{url.Database}\" is encoded in {encoding}; only UTF8 is supported. Move it: CREATE DATABASE new_name ENCODING 'UTF8' TEMPLATE template0; and restore a dump into it."));
        }

        if (url.MustBePrimary && connection.True("SELECT pg_catalog.pg_is_in_recovery()"))
        {
            findings.Add(new PreflightFinding("target_session_attrs", true, $"Postgres at {url.Host}:{url.Port} is a standby, and target_session_attrs asks for a primary."));
        }

        if (withStream)
        {
            AddReplication(findings, connection, url, slotExists);
        }
    }

    private static void AddReplication(List<PreflightFinding> findings, NpgsqlConnection connection, DatabaseUrl url, bool slotExists)
    {
        string level = Setting(connection, "wal_level");
        if (level != "logical")
        {
            findings.Add(new PreflightFinding("wal_level", true, WalLevelMessage(connection, url, level)));
        }

        if (!MayReplicate(connection))
        {
            findings.Add(new PreflightFinding("replication", true, ReplicationRightMessage(connection, url)));
        }

        int slots = Number(connection, "max_replication_slots");
        long used = Count(connection, "SELECT count(*) FROM pg_catalog.pg_replication_slots");
        // A snapshot holds a temporary slot next to the permanent one for a moment.
        if (!slotExists && used + 2 > slots)
        {
            findings.Add(new PreflightFinding(
                "max_replication_slots",
                used + 1 > slots || slots < 2,
                $"the server has {slots} replication slots, {used} are taken, and the pipeline needs one, and a second one while it makes its snapshot. "
                + "Type: ALTER SYSTEM SET max_replication_slots = " + (used + 4).ToString(CultureInfo.InvariantCulture) + "; and restart the server; "
                + "or drop a slot that nobody uses: SELECT slot_name, active FROM pg_replication_slots; SELECT pg_drop_replication_slot('NAME');"));
        }

        AddIdleTimeout(findings, connection, url);
        int senders = Number(connection, "max_wal_senders");
        long sending = Count(connection, "SELECT count(*) FROM pg_catalog.pg_stat_replication");
        if (sending >= senders)
        {
            findings.Add(new PreflightFinding(
                "max_wal_senders",
                true,
                $"all {senders} WAL senders of the server are busy. Type: ALTER SYSTEM SET max_wal_senders = {sending + 4}; and restart the server."));
        }
    }

    /// <summary>
    /// PG 18 invalidates slots that nobody reads for a time, a temporary one too, whose connection it ends: a snapshot's slot is not read before the snapshot is delivered.
    /// </summary>
    private static void AddIdleTimeout(List<PreflightFinding> findings, NpgsqlConnection connection, DatabaseUrl url)
    {
        const string Name = "idle_replication_slot_timeout";
        string? limit = connection.Text("SELECT pg_catalog.current_setting(@name, true)", ("name", Name));
        if (limit is not (null or "" or "0"))
        {
            findings.Add(new PreflightFinding(
                Name,
                false,
                $"{Name} of Postgres at {url.Host}:{url.Port} is {limit}: the server gives up slots that were not read for that long. A snapshot that takes longer cannot be completed, "
                + $"and a pipeline that stands still for longer loses its slot. Type: ALTER SYSTEM SET {Name} = 0; SELECT pg_reload_conf();"));
        }
    }

    private static string WalLevelMessage(NpgsqlConnection connection, DatabaseUrl url, string level)
    {
        string what = $"wal_level of Postgres at {url.Host}:{url.Port} is {level}; it must be logical. ";
        if (connection.True("SELECT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname IN ('rds_superuser'))"))
        {
            return what + "Set rds.logical_replication = 1 in the instance's parameter group and reboot it.";
        }

        if (connection.True("SELECT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname IN ('cloudsqlsuperuser', 'alloydbsuperuser'))"))
        {
            return what + "Set the flag cloudsql.logical_decoding (AlloyDB: alloydb.logical_decoding) to on; the instance restarts.";
        }

        return what + "Type: ALTER SYSTEM SET wal_level = logical; and restart the server (a managed database: the provider's setting for logical replication).";
    }

    private static bool MayReplicate(NpgsqlConnection connection)
    {
        if (connection.True("SELECT rolsuper OR rolreplication FROM pg_catalog.pg_roles WHERE rolname = current_user"))
        {
            return true;
        }

        string list = string.Join(", ", ReplicationRoles.Select(SqlName.Literal));
        return connection.True($"SELECT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname IN ({list}) AND pg_catalog.pg_has_role(current_user, oid, 'MEMBER'))");
    }

    private static string ReplicationRightMessage(NpgsqlConnection connection, DatabaseUrl url)
    {
        string user = SqlName.Quote(url.User);
        string statement = connection.True("SELECT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'rds_replication')")
            ? $"GRANT rds_replication TO {user};"
            : $"ALTER ROLE {user} REPLICATION;";
        return $"user {user} may not replicate: it lacks the REPLICATION right. As an administrator, type: {statement}";
    }

    private static string Setting(NpgsqlConnection connection, string name) => connection.Text("SELECT pg_catalog.current_setting(@name)", ("name", name)) ?? "";

    private static int Number(NpgsqlConnection connection, string name) => int.Parse(Setting(connection, name), CultureInfo.InvariantCulture);

    private static long Count(NpgsqlConnection connection, string sql)
    {
        using var command = connection.Command(sql);
        return (long)command.ExecuteScalar()!;
    }
}
