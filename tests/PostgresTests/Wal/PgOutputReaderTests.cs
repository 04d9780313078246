using FsCheck.Xunit;
using Penstock.Postgres.Wal;

namespace Penstock.PostgresTests.Wal;

public sealed class PgOutputReaderTests
{
    [Property]
    public bool Random_bytes_give_a_relation_or_a_typed_failure(byte[]? bytes)
    {
        try
        {
            var reader = new PgOutputReader(bytes ?? []);
            return reader.ReadRelation().Columns.Length >= 0 && reader.Remaining >= 0;
        }
        catch (MalformedWalException)
        {
            return true;
        }
    }

    [Property]
    public bool An_LSN_survives_its_text(ulong value) => Lsn.TryParse(new Lsn(value).ToString(), out var lsn) && lsn.Value == value;

    [Property]
    public bool No_text_makes_the_LSN_parser_throw(string? text) => !Lsn.TryParse(text, out var lsn) || lsn.ToString().Contains('/', StringComparison.Ordinal);
}
