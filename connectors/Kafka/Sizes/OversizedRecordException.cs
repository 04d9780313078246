using System.Globalization;

namespace Penstock.Kafka.Sizes;

/// <summary>A record is larger than the limit and the policy does not let it go. Carries names and numbers, never values.</summary>
public sealed class OversizedRecordException(OversizedRecord record, string advice) : Exception($"{record}: {advice}")
{
    public OversizedRecord Record { get; } = record;
}

/// <summary>Identity and size of a record above the limit.</summary>
/// <param name="Table"><c>schema.table</c>, or "" for a record of no table.</param>
/// <param name="KeyColumns">Names of the key columns.</param>
/// <param name="Operation">As in the event.</param>
/// <param name="Bytes">Its size as <see cref="SizeFilter"/> counts.</param>
/// <param name="LimitBytes">The limit.</param>
/// <param name="CommitLsn">Commit LSN of its transaction.</param>
/// <param name="Ordinal">Its place in the transaction.</param>
public sealed record OversizedRecord(string Table, string KeyColumns, char Operation, long Bytes, int LimitBytes, ulong CommitLsn, long Ordinal)
{
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"record of {Bytes} bytes is above max.record.bytes={LimitBytes} (table {(Table.Length > 0 ? Table : "none")}, key columns {(KeyColumns.Length > 0 ? KeyColumns : "none")}, operation '{Operation}', commit LSN {CommitLsn >> 32:X}/{(uint)CommitLsn:X}, ordinal {Ordinal})");
}
