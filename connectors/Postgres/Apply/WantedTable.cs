namespace Penstock.Postgres.Apply;

/// <summary>A column as an event's schema wants it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">As SQL writes it.</param>
/// <param name="OtherType">Instead of a type of an extension that the target does not have; "" for none.</param>
/// <param name="Default">An SQL constant for rows that are there already; "" for none.</param>
public sealed record WantedColumn(string Name, string Type, string OtherType = "", string Default = "");

/// <summary>A table as an event's schema wants it.</summary>
/// <param name="Schema">Its schema; "" for the first one of the search path.</param>
/// <param name="Name">Its name.</param>
/// <param name="Columns">In the event's order.</param>
/// <param name="Key">Names of the columns of its primary key; empty for none.</param>
public sealed record WantedTable(string Schema, string Name, IReadOnlyList<WantedColumn> Columns, IReadOnlyList<string> Key)
{
    /// <summary>For people.</summary>
    public override string ToString() => Schema.Length == 0 ? Name : $"{Schema}.{Name}";
}
