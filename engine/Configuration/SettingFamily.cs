namespace Penstock.Engine.Configuration;

/// <summary>
/// Options whose name has free parts: <c>column.mask.with.&lt;N&gt;.chars</c>. Each may be given several times, once for each choice of the parts. The declaration stands in the catalog among the
/// settings, so that help and documentation show it in its place; its values come from <see cref="SettingValues.Given"/>.
/// </summary>
public sealed class SettingFamily : Setting
{
    private readonly string _allowed;
    private readonly Func<string, string?> _optionOf;
    private readonly Func<string, string, string?> _problemOf;

    /// <param name="name">The name with its free parts in angle brackets.</param>
    /// <param name="group">The heading in help and documentation.</param>
    /// <param name="allowed">What values are allowed, as a phrase that follows "must be".</param>
    /// <param name="meaning">What the options do, one line.</param>
    /// <param name="optionOf">The option's full name for an environment name, prefix included; null where it is none of this family.</param>
    /// <param name="problemOf">What is wrong with an option's full name and its value; null for nothing.</param>
    public SettingFamily(string name, string group, string allowed, string meaning, Func<string, string?> optionOf, Func<string, string, string?> problemOf)
        : base(name, group, meaning)
    {
        _allowed = allowed;
        _optionOf = optionOf;
        _problemOf = problemOf;
    }

    /// <summary>An environment name as it may be shown, its secret parts masked; null: the name itself.</summary>
    public Func<string, string>? MaskName { get; init; }

    public override string Allowed => _allowed;

    public override string? DefaultText => null;

    /// <summary>True when <paramref name="environmentName"/> names an option of this family.</summary>
    public bool TryResolve(string environmentName, out string option)
    {
        string? found = _optionOf(environmentName);
        option = found ?? "";
        return found is not null;
    }

    internal string Shown(string environmentName) => MaskName?.Invoke(environmentName) ?? environmentName;

    internal string? ProblemOf(string option, string text) => _problemOf(option, text);

    internal override string? Parse(string text, out object? value) => throw new NotSupportedException("a family has no value of its own");

    internal override object? DefaultValue(SettingValues values) => null;
}
