using Penstock.Engine.Configuration;

namespace Penstock.PostgresToKafka.Settings;

/// <summary>
/// Options of Debezium that change no event and need nothing here: a configuration that has them is taken as it is, a wrong value of them is still found.
/// </summary>
internal static class AcceptedSettings
{
    private const string Accepted = "Accepted without effect";

    public static IReadOnlyList<Setting> All { get; } =
    [
        // Captures A20: Debezium's connector for PostgreSQL writes no comments with either value.
        Flag("include.schema.comments", "Debezium's connector for PostgreSQL writes no comments into schemas either", false),
        Words("schema.refresh.mode", ["columns_diff", "columns_diff_exclude_unchanged_toast"], "The stream itself says when a table has changed"),
        Words(
            "snapshot.tables.order.by.row.count",
            ["disabled", "ascending", "descending"],
            "Debezium's connector for PostgreSQL counts no rows before it reads with one thread, so that its order does not change either: the entries of table.include.list, then the names"),
        Count("snapshot.fetch.size", "Rows of a snapshot arrive as one COPY for each table, which holds one buffer of them"),
        Count("query.fetch.size", "No other query reads more than the catalogue"),
    ];

    private static Setting<bool> Flag(string name, string why, bool preset) => new(name, Accepted, SettingTypes.Boolean, why) { Default = preset };

    private static Setting<string> Words(string name, string[] words, string why) => new(
        name, Accepted, SettingTypes.Choice<string>([.. words.Select(static word => (word, word))]), why)
    {
        Default = words[0],
    };

    private static Setting<int?> Count(string name, string why) => new(
        name,
        Accepted,
        new SettingType<int?>(
            SettingTypes.Integer(0).Allowed,
            static (string text, out int? value) =>
            {
                string? problem = SettingTypes.Integer(0).Parse(text, out int number);
                value = number;
                return problem;
            },
            static value => value?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? ""),
        why);
}
