using System.Buffers.Binary;
using Npgsql;

namespace Penstock.Postgres.Apply;

/// <summary>What one statement does with a group of rows.</summary>
internal enum GroupAction
{
    Delete,

    /// <summary>Rows that lack columns: only rows that are there can be changed.</summary>
    Update,
    Write,
    Create,
}

/// <summary>Rows of one table that have the same columns and meet the same fate: one COPY and one statement.</summary>
internal sealed class CopyGroup(TargetTable table, GroupAction action, bool[] present, StageSql sql)
{
    /// <summary>The signature, no flags, no extension: the head of COPY's binary format.</summary>
    private static readonly byte[] Head = [.. "PGCOPY\n"u8, 0xFF, (byte)'\r', (byte)'\n', 0, 0, 0, 0, 0, 0, 0, 0, 0];

    public TargetTable Table { get; } = table;

    public GroupAction Action { get; } = action;

    public StageSql Sql { get; } = sql;

    /// <summary>Places in the reduction's entries, in order.</summary>
    public List<int> Rows { get; } = [];

    /// <summary>The row has exactly this group's columns.</summary>
    public bool Fits(ReadOnlySpan<byte> row)
    {
        if (Action == GroupAction.Delete)
        {
            return true;
        }

        for (int i = 0; i < present.Length; i++)
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(row);
            if (length == RowFields.Absent == present[i])
            {
                return false;
            }

            row = row[(sizeof(int) + Math.Max(0, length))..];
        }

        return true;
    }

    /// <summary>Which columns a row tells.</summary>
    public static bool[] Present(TargetTable table, ReadOnlySpan<byte> row, GroupAction action)
    {
        var present = new bool[table.Columns.Count];
        for (int i = 0; i < present.Length; i++)
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(row);
            present[i] = action == GroupAction.Delete ? table.Key.Contains(i) : length != RowFields.Absent;
            row = row[(sizeof(int) + Math.Max(0, length))..];
        }

        return present;
    }

    /// <summary>Copies the rows.</summary>
    /// <param name="connection">In the transaction.</param>
    /// <param name="copySql">To the stage, or to the table itself.</param>
    /// <param name="entries">The reduction's.</param>
    /// <param name="buffer">Rows are put together in it; a larger row makes its own.</param>
    public void Copy(NpgsqlConnection connection, string copySql, ReadOnlySpan<Reduction.Entry> entries, byte[] buffer)
    {
        using var stream = connection.BeginRawBinaryCopy(copySql);
        Head.CopyTo(buffer, 0);
        int used = Head.Length;
        foreach (int place in Rows)
        {
            var row = entries[place].Row;
            int needed = sizeof(short) + row.Length;
            if (used + needed > buffer.Length)
            {
                stream.Write(buffer, 0, used);
                used = 0;
                if (needed > buffer.Length)
                {
                    byte[] own = new byte[needed];
                    stream.Write(own, 0, Put(own, row));
                    continue;
                }
            }

            used += Put(buffer.AsSpan(used), row);
        }

        if (used + sizeof(short) > buffer.Length)
        {
            stream.Write(buffer, 0, used);
            used = 0;
        }

        BinaryPrimitives.WriteInt16BigEndian(buffer.AsSpan(used), -1);
        stream.Write(buffer, 0, used + sizeof(short));
    }

    private int Put(Span<byte> output, ReadOnlySpan<byte> row)
    {
        BinaryPrimitives.WriteInt16BigEndian(output, (short)Sql.Columns.Length);
        if (Sql.Columns.Length == present.Length)
        {
            row.CopyTo(output[sizeof(short)..]);
            return sizeof(short) + row.Length;
        }

        int written = sizeof(short);
        for (int i = 0; i < present.Length; i++)
        {
            int bytes = sizeof(int) + Math.Max(0, BinaryPrimitives.ReadInt32BigEndian(row));
            if (present[i])
            {
                row[..bytes].CopyTo(output[written..]);
                written += bytes;
            }

            row = row[bytes..];
        }

        return written;
    }
}
