namespace Penstock.Postgres.Apply;

/// <summary>The binary forms in which values travel to the staging table.</summary>
public enum BinaryForm
{
    /// <summary>The text of the value in UTF-8; the server's input function of the type reads it.</summary>
    Text,
    Boolean,
    Int16,
    Int32,
    Int64,
    Float32,
    Float64,
    Numeric,

    /// <summary>Days since 2000-01-01, 4 bytes.</summary>
    Date,

    /// <summary>Microseconds since midnight, 8 bytes.</summary>
    Time,

    /// <summary>Microseconds since 2000-01-01, 8 bytes.</summary>
    Timestamp,
    Bytes,
    Uuid,

    /// <summary>A version byte of 1, then text.</summary>
    JsonBinary,
}

/// <summary>How a column is staged.</summary>
/// <param name="Form">The bytes of its values.</param>
/// <param name="SqlType">The staging column's type.</param>
/// <param name="IsExact">The form is also that of the column's own type: no cast is needed.</param>
public sealed record StageType(BinaryForm Form, string SqlType, bool IsExact);

/// <summary>
/// Which types travel in their own binary form. All others are staged as text and cast by the merge, which is the server's own input function, so that every type works.
/// </summary>
public static class StageTypes
{
    public const uint Bool = 16, Bytea = 17, Name = 19, Int8 = 20, Int2 = 21, Int4 = 23, Text = 25, Oid = 26, Json = 114, Xml = 142, Float4 = 700, Float8 = 701, Money = 790,
        BpChar = 1042, VarChar = 1043, Date = 1082, Time = 1083, Timestamp = 1114, TimestampTz = 1184, Interval = 1186, TimeTz = 1266, Bit = 1560, VarBit = 1562,
        Numeric = 1700, Uuid = 2950, JsonB = 3802, Point = 600;

    public static StageType Of(uint typeOid) => typeOid switch
    {
        Bool => Own(BinaryForm.Boolean, "boolean"),
        Int2 => Own(BinaryForm.Int16, "smallint"),
        Int4 => Own(BinaryForm.Int32, "integer"),
        Int8 => Own(BinaryForm.Int64, "bigint"),
        Float4 => Own(BinaryForm.Float32, "real"),
        Float8 => Own(BinaryForm.Float64, "double precision"),
        Numeric => Own(BinaryForm.Numeric, "numeric"),
        // A cast from numeric does not depend on lc_monetary.
        Money => new StageType(BinaryForm.Numeric, "numeric", IsExact: false),
        Date => Own(BinaryForm.Date, "date"),
        Time => Own(BinaryForm.Time, "time"),
        Timestamp => Own(BinaryForm.Timestamp, "timestamp"),
        TimestampTz => Own(BinaryForm.Timestamp, "timestamptz"),
        Bytea => Own(BinaryForm.Bytes, "bytea"),
        Uuid => Own(BinaryForm.Uuid, "uuid"),
        JsonB => Own(BinaryForm.JsonBinary, "jsonb"),
        // Stored as they come: text's binary form is the text.
        Text => Own(BinaryForm.Text, "text"),
        VarChar => Own(BinaryForm.Text, "varchar"),
        Json => Own(BinaryForm.Text, "json"),
        _ => new StageType(BinaryForm.Text, "text", IsExact: false),
    };

    /// <summary>Types that the source may write as the bytes of their text: lseg, path, box, polygon, line, circle, pg_lsn, tsquery. No such text is also base64.</summary>
    public static bool HasOpaqueText(uint typeOid) => typeOid is 601 or 602 or 603 or 604 or 628 or 718 or 3220 or 3615;

    private static StageType Own(BinaryForm form, string sqlType) => new(form, sqlType, IsExact: true);
}
