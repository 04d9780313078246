namespace Penstock.Debezium.Events;

/// <summary>The tables and columns that are captured: the include and exclude lists of section 1.3. The schema <c>penstock</c> is left out by the decoder itself.</summary>
public interface ITableSelection
{
    /// <summary>Whether changes of the table become events.</summary>
    bool Includes(string schema, string table);

    /// <summary>Whether the column is in <c>before</c> and <c>after</c>; key columns stay in the key regardless.</summary>
    bool IncludesColumn(string schema, string table, string column);
}
