using Npgsql;

namespace Penstock.Postgres.Apply;

/// <summary>Tells errors of a row from those of the database, and says them without the row's values, which the server's own text may repeat.</summary>
public static class RowErrors
{
    /// <summary>
    /// Another attempt would meet the same error, and it is about the data or about how table and event fit together: data exceptions, constraints, errors raised by triggers,
    /// types, columns and tables that do not match.
    /// </summary>
    public static bool IsOfARow(PostgresException error) =>
        error.SqlState.StartsWith("22", StringComparison.Ordinal)
        || error.SqlState.StartsWith("23", StringComparison.Ordinal)
        || error.SqlState.StartsWith("P0", StringComparison.Ordinal)
        || error.SqlState.StartsWith("44", StringComparison.Ordinal)
        || error.SqlState is "54000";

    /// <summary>Two transactions were in each other's way: the same one may well succeed at once.</summary>
    public static bool IsACollision(PostgresException error) => error.SqlState is "40001" or "40P01";

    /// <summary>The statement does not fit its table: an undefined column or table, another type, no unique index over the key, a plan that is too old.</summary>
    public static bool IsOfATable(PostgresException error) => error.SqlState is "42703" or "42P01" or "42804" or "42P10" or "0A000";

    /// <summary>What is wrong, in words.</summary>
    public static string Describe(PostgresException error)
    {
        string what = error.SqlState switch
        {
            "22001" => "a value is too long for its column",
            "22003" => "a number is out of its column's range",
            "22007" or "22008" or "22009" => "a date or time cannot be read or is out of range",
            "22021" => "a text has a character that the database cannot hold",
            "22P02" => "a value is not of its column's type",
            "22P03" => "a value's binary form is refused by its column's type",
            "23502" => "a column that must have a value has none",
            "23503" => "a row that a foreign key refers to is missing, or a row is still referred to",
            "23505" => "a unique constraint is violated",
            "23514" => "a check constraint is violated",
            "23P01" => "an exclusion constraint is violated",
            "44000" => "the row is outside of the view",
            "P0001" => "a trigger has refused the row",
            _ => "the database refuses the row",
        };
        string? name = error.ConstraintName ?? error.ColumnName;
        return $"{what}{(name is null ? "" : $" ({name})")}, SQLSTATE {error.SqlState}";
    }
}
