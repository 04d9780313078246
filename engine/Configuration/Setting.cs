namespace Penstock.Engine.Configuration;

/// <summary>
/// The declaration of one setting. The same object feeds the parser, the error messages, <c>help settings</c> and the documentation, so that these cannot disagree.
/// </summary>
public abstract class Setting
{
    private readonly string? _environmentName;

    private protected Setting(string name, string group, string meaning)
    {
        Name = name;
        Group = group;
        Meaning = meaning;
    }

    /// <summary>The option's name in lower case with dots, e.g. <c>table.include.list</c>.</summary>
    public string Name { get; }

    /// <summary>The heading under which help and documentation show the setting.</summary>
    public string Group { get; }

    /// <summary>What the setting does, one line.</summary>
    public string Meaning { get; }

    /// <summary>
    /// The environment variable: by the one rule (<see cref="EnvironmentNames.Of"/>), unless the platform that sets the variable chose the name (<c>DATABASE_URL</c>).
    /// With <see cref="Attachment"/> this is the name under the default attachment.
    /// </summary>
    public string EnvironmentName
    {
        get => _environmentName ?? EnvironmentNames.Of(Name);
        init => _environmentName = value;
    }

    /// <summary>True when the value is never shown: help, errors and <c>check</c> print <c>****</c>.</summary>
    public bool IsSecret { get; init; }

    /// <summary>True when the pipeline cannot start without a value.</summary>
    public bool IsRequired { get; init; }

    /// <summary>Where the platform's variable name depends on another setting, as with <c>POSTGRES_ADDON</c>; otherwise null.</summary>
    public SettingAttachment? Attachment { get; init; }

    /// <summary>Shows a good value of a secret setting without its secret parts, e.g. a URL without its password. Null: the whole value is masked.</summary>
    public Func<string, string>? Mask { get; init; }

    /// <summary>What values are allowed, as a phrase that follows "must be".</summary>
    public abstract string Allowed { get; }

    /// <summary>The default as text for help and documentation; null when there is none.</summary>
    public abstract string? DefaultText { get; }

    /// <summary>Parses <paramref name="text"/>; returns null when it is good, else what is wrong with it (without the text itself).</summary>
    internal abstract string? Parse(string text, out object? value);

    /// <summary>True when a message may repeat <paramref name="text"/>, which is wrong: see <see cref="SettingType{T}.MayRepeat"/>.</summary>
    internal virtual bool MayRepeat(string text) => false;

    /// <summary>The value when none is given. Only called after the settings the default is computed from have been read.</summary>
    internal abstract object? DefaultValue(SettingValues values);
}

/// <summary>A platform variable whose first part is chosen by another setting: <c>POSTGRES_ADDON=FOLLOWER</c> makes <c>DATABASE_URL</c> into <c>FOLLOWER_URL</c>.</summary>
/// <param name="Chooser">The setting that holds the attachment's name.</param>
/// <param name="Suffix">What follows the attachment's name, e.g. <c>_URL</c>.</param>
public sealed record SettingAttachment(Setting<string> Chooser, string Suffix);

/// <summary>A setting whose value is a <typeparamref name="T"/>.</summary>
public sealed class Setting<T> : Setting
{
    private readonly T _default = default!;
    private readonly bool _hasDefault;

    /// <param name="name">The option's name in lower case with dots.</param>
    /// <param name="group">The heading in help and documentation.</param>
    /// <param name="type">How the text is parsed and what is allowed.</param>
    /// <param name="meaning">What the setting does, one line.</param>
    public Setting(string name, string group, SettingType<T> type, string meaning)
        : base(name, group, meaning)
    {
        Type = type;
    }

    public SettingType<T> Type { get; }

    /// <summary>The value when none is given.</summary>
    public T Default
    {
        get => _default;
        init
        {
            _default = value;
            _hasDefault = true;
        }
    }

    /// <summary>A default that follows from other settings; <see cref="ComputedDefaultText"/> says in words how.</summary>
    public Func<SettingValues, T>? ComputedDefault { get; init; }

    /// <summary>How the default comes about, when <see cref="ComputedDefault"/> is given or when the plain default needs words.</summary>
    public string? ComputedDefaultText { get; init; }

    public override string Allowed => Type.Allowed;

    public override string? DefaultText => ComputedDefaultText ?? (_hasDefault && _default is not null ? Type.Format(_default) : null);

    internal override string? Parse(string text, out object? value)
    {
        var problem = Type.Parse(text, out var typed);
        value = typed;
        return problem;
    }

    internal override bool MayRepeat(string text) => Type.MayRepeat(text);

    internal override object? DefaultValue(SettingValues values) => ComputedDefault is null ? _default : ComputedDefault(values);
}
