using Penstock.Engine.Flow;

namespace Penstock.Debezium.Events;

/// <summary>Names of the tables that records refer to by number. Grows only; the decoder adds, later stages read.</summary>
internal sealed class TableNames : ITableNames
{
    private readonly Dictionary<(string Name, string Key), int> _numbers = [];
    private volatile (string Name, string Key)[] _names = [];

    /// <summary>The number of a table with this key; a table whose key changed gets another number.</summary>
    public int Add(string name, string keyColumns)
    {
        if (!_numbers.TryGetValue((name, keyColumns), out int number))
        {
            number = _names.Length;
            _numbers.Add((name, keyColumns), number);
            _names = [.. _names, (name, keyColumns)];
        }

        return number;
    }

    public string TableName(int table) => _names[table].Name;

    public string KeyColumns(int table) => _names[table].Key;
}
