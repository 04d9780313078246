namespace Penstock.Engine.Flow;

/// <summary>Names for messages about a record: never values.</summary>
public interface ITableNames
{
    /// <summary><c>schema.table</c>.</summary>
    string TableName(int table);

    /// <summary>The names of the key columns, comma separated, or "" for a table without a key.</summary>
    string KeyColumns(int table);
}
