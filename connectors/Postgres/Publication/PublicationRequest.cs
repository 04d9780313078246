using Penstock.Postgres.Catalog;
using Penstock.Postgres.Connection;

namespace Penstock.Postgres.Publication;

/// <param name="Name"><c>publication.name</c>.</param>
/// <param name="Mode"><c>publication.autocreate.mode</c>.</param>
/// <param name="ViaRoot"><c>publish.via.partition.root</c>, used on creation.</param>
/// <param name="SkippedOperations">The value of <c>skipped.operations</c> if it was set explicitly, else null: only then the publication leaves operations out (1.2).</param>
public sealed record PublicationRequest(string Name, PublicationMode Mode, bool ViaRoot = false, string? SkippedOperations = null)
{
    /// <summary>How long a table that somebody else alters, vacuums or indexes is waited for. Naming a table needs a lock on it that rows' readers and writers do not mind, and those do.</summary>
    public int LockTimeoutMs { get; init; } = 10_000;

    /// <summary>The options of CREATE PUBLICATION, with a leading blank, or "".</summary>
    public string WithClause
    {
        get
        {
            var options = new List<string>();
            if (SkippedOperations is { } skipped)
            {
                var left = skipped.Split(',', StringSplitOptions.TrimEntries);
                (string Letter, string Word)[] operations = [("c", "insert"), ("u", "update"), ("d", "delete"), ("t", "truncate")];
                options.Add($"publish = '{string.Join(", ", operations.Where(o => !left.Contains(o.Letter)).Select(o => o.Word))}'");
            }

            if (ViaRoot)
            {
                options.Add("publish_via_partition_root = true");
            }

            return options.Count == 0 ? "" : $" WITH ({string.Join(", ", options)})";
        }
    }

    /// <summary>What to type when the publication is not there and may not be made.</summary>
    public string MissingMessage(IReadOnlyList<CapturedTable> captured) =>
        $"there is no publication \"{Name}\" and publication.autocreate.mode is disabled. Type: CREATE PUBLICATION {SqlName.Quote(Name)} FOR TABLE {Names(captured)};";

    /// <summary>A list of names for a statement to type, shortened where nobody would read it.</summary>
    internal static string Names(IReadOnlyList<CapturedTable> tables)
    {
        const int Shown = 20;
        string list = string.Join(", ", tables.Take(Shown).Select(t => t.QuotedName));
        return tables.Count switch
        {
            0 => "...",
            > Shown => $"{list}, ... ({tables.Count - Shown} more)",
            _ => list,
        };
    }
}
