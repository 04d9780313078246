using System.Globalization;
using Penstock.Postgres.Connection;
using Penstock.Postgres.Slot;

namespace Penstock.Postgres.State;

/// <param name="Since">Since when, by the server's clock.</param>
/// <param name="For">For how long, by the same clock.</param>
/// <param name="By">Who asked for it.</param>
/// <param name="SlotName">The slot that waits.</param>
/// <param name="Slot">The slot as it is; null if there is none.</param>
public sealed record Pause(DateTimeOffset Since, TimeSpan For, string By, string SlotName, SlotState? Slot)
{
    /// <summary><see cref="Since"/> in UTC, for people.</summary>
    public string SinceText => Since.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    /// <summary>Write-ahead log that the server keeps for the slot.</summary>
    public long RetainedBytes => Slot?.HeldBytes ?? 0;

    /// <summary>The same in MB, for people.</summary>
    public string RetainedText => string.Create(CultureInfo.InvariantCulture, $"{RetainedBytes / 1048576.0:0.#} MB");
}

/// <summary>
/// The wish that a pipeline rests: <c>paused_at</c> of its row in <c>penstock.pipeline</c>. In the database, because the one who asks is another process, and because it has to outlast every process (R33).
/// </summary>
public sealed class PauseFlag(SourceDatabase database, string name)
{
    // By way of jsonb a column that a table of an earlier version does not have is null.
    private const string Sql = """
        SELECT extract(epoch FROM (j ->> 'paused_at')::timestamptz)::float8, extract(epoch FROM pg_catalog.clock_timestamp() - (j ->> 'paused_at')::timestamptz)::float8, coalesce(j ->> 'paused_by', ''), p.slot_name
        FROM penstock.pipeline p, pg_catalog.to_jsonb(p) AS j WHERE p.name = @name AND j ->> 'paused_at' IS NOT NULL
        """;

    /// <summary>The pause that was asked for; null if none was, or no state is there.</summary>
    public Pause? Read()
    {
        using var connection = database.Open();
        return database.Translated(() => !connection.True("SELECT pg_catalog.to_regclass('penstock.pipeline') IS NOT NULL")
            ? null
            : connection.List(
                Sql,
                r => (Since: DateTimeOffset.UnixEpoch.AddSeconds(r.GetDouble(0)), For: TimeSpan.FromSeconds(Math.Max(0, r.GetDouble(1))), By: r.GetString(2), Slot: r.GetString(3)),
                ("name", name)).Select(row => new Pause(row.Since, row.For, row.By, row.Slot, ReplicationSlots.Find(connection, row.Slot))).FirstOrDefault());
    }

    /// <summary>Asks for a pause; one that was asked for already stays as it is.</summary>
    public void Set(string by)
    {
        using var connection = database.Open();
        database.Translated(() =>
        {
            connection.Execute(
                "UPDATE penstock.pipeline SET paused_at = pg_catalog.clock_timestamp(), paused_by = @by WHERE name = @name AND paused_at IS NULL", ("name", name), ("by", by));
            return true;
        });
    }

    /// <summary>Ends the pause.</summary>
    public void Clear()
    {
        using var connection = database.Open();
        database.Translated(() =>
        {
            connection.Execute("UPDATE penstock.pipeline SET paused_at = NULL, paused_by = NULL WHERE name = @name", ("name", name));
            return true;
        });
    }
}
