namespace Penstock.Demo;

/// <summary>A table of the shop. Each has <c>id</c> as its key and <c>version</c>, which counts the row's changes from 1.</summary>
internal sealed record ShopTable(string Name, IReadOnlyList<ShopColumn> Columns)
{
    public int VersionIndex { get; } = Columns.Select((column, index) => (column, index)).Single(c => c.column.Name == "version").index;

    /// <summary>id and all columns as comparable text.</summary>
    public string Select => $"select id, {string.Join(", ", Columns.Select(column => column.Sql))} from {Name}";
}
