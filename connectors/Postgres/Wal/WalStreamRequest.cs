namespace Penstock.Postgres.Wal;

/// <summary>What START_REPLICATION is to send.</summary>
/// <param name="SlotName">The slot.</param>
/// <param name="Publication">The publication.</param>
/// <param name="StartLsn">0: where the slot stands. A position before that is silently moved forward by the server.</param>
/// <param name="Parameters">Further plugin options (<c>slot.stream.params</c>), which win over the ones set here.</param>
public sealed record WalStreamRequest(string SlotName, string Publication, ulong StartLsn = 0, IReadOnlyDictionary<string, string>? Parameters = null)
{
    /// <summary>START_REPLICATION as the replication protocol writes it: option values are string literals.</summary>
    public string Command(int serverVersion)
    {
        var options = PluginOptions(serverVersion).Select(option => $"{Connection.SqlName.Quote(option.Key)} '{option.Value.Replace("'", "''", StringComparison.Ordinal)}'");
        return $"START_REPLICATION SLOT {Connection.SqlName.Quote(SlotName)} LOGICAL {new Lsn(StartLsn)} ({string.Join(", ", options)})";
    }

    /// <summary>pgoutput's options: protocol 1 (whole transactions in commit order), text values, logical messages where the server knows them (PG 14).</summary>
    public IReadOnlyList<KeyValuePair<string, string>> PluginOptions(int serverVersion)
    {
        var options = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["proto_version"] = "1",
            // A list of quoted identifiers inside the literal
            ["publication_names"] = Connection.SqlName.Quote(Publication),
        };
        if (serverVersion >= 14)
        {
            options["messages"] = "true";
        }

        foreach (var (name, value) in Parameters ?? new Dictionary<string, string>())
        {
            options[name] = value;
        }

        return [.. options];
    }
}
