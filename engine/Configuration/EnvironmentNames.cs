namespace Penstock.Engine.Configuration;

/// <summary>The one rule between an option's name and its environment variable: prefix, upper case, dots and dashes as underscores.</summary>
public static class EnvironmentNames
{
    /// <summary>Every variable that belongs to the product, and to nobody else, begins with this.</summary>
    public const string Prefix = "PENSTOCK_";

    /// <summary>The value of <c>NAME</c> may instead stand in the file that <c>NAME_FILE</c> names (container secrets).</summary>
    public const string FileSuffix = "_FILE";

    /// <summary><c>table.include.list</c> gives <c>PENSTOCK_TABLE_INCLUDE_LIST</c>.</summary>
    public static string Of(string optionName) => Prefix + UpperCased(optionName);

    internal static string UpperCased(string optionName) => optionName.ToUpperInvariant().Replace('.', '_').Replace('-', '_');
}
