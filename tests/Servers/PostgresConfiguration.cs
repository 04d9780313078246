using System.Globalization;
using System.Text;

namespace Penstock.Servers;

/// <summary>What is appended to a throwaway cluster's postgresql.conf; of two lines for one setting the later holds.</summary>
internal static class PostgresConfiguration
{
    public static string Text(PostgresServerOptions options, int port)
    {
        StringBuilder text = new();
        text.Append('\n');
        Line("listen_addresses", "127.0.0.1");
        Line("port", port.ToString(CultureInfo.InvariantCulture));
        // The distribution's folder for sockets belongs to user postgres.
        Line("unix_socket_directories", "");
        // In the data folder instead of /dev/shm, so that a killed server leaves nothing there.
        Line("dynamic_shared_memory_type", "mmap");
        Line("wal_level", "logical");
        Line("max_wal_senders", "20");
        Line("max_replication_slots", "20");
        Line("max_connections", "100");
        Line("timezone", "UTC");
        Line("log_timezone", "UTC");
        Line("fsync", options.Fsync ? "on" : "off");
        if (options.Tls)
        {
            Line("ssl", "on");
        }
        foreach ((string name, string value) in options.Settings)
        {
            Line(name, value);
        }
        return text.ToString();

        void Line(string name, string value) => text.Append(name).Append(" = '").Append(value.Replace("'", "''", StringComparison.Ordinal)).Append("'\n");
    }
}
