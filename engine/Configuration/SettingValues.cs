using System.Collections.ObjectModel;

namespace Penstock.Engine.Configuration;

/// <summary>Where a setting's value came from.</summary>
public enum SettingOrigin
{
    Default,
    Environment,
    File,
}

/// <summary>
/// The values of one start, typed, with everything that is wrong with them. Reading never throws: the caller adds what it finds wrong between settings
/// (<see cref="Reject(Setting, string)"/>) and then calls <see cref="ThrowIfRejected"/> once, so that the user sees all problems together.
/// </summary>
public sealed class SettingValues
{
    private readonly Dictionary<Setting, Entry> _entries = [];
    private readonly List<(SettingFamily Family, string EnvironmentName, string Option, string Text, SettingOrigin Origin)> _members = [];
    private readonly List<SettingProblem> _problems = [];
    private readonly List<string> _warnings = [];
    private readonly SortedDictionary<string, string> _passThrough = new(StringComparer.Ordinal);
    private readonly SettingCatalog _catalog;

    internal SettingValues(SettingCatalog catalog)
    {
        _catalog = catalog;
        PassThrough = new ReadOnlyDictionary<string, string>(_passThrough);
    }

    /// <summary>Options for the library underneath, by the library's own names.</summary>
    public IReadOnlyDictionary<string, string> PassThrough { get; }

    /// <summary>What is wrong, in the order it was found.</summary>
    public IReadOnlyList<SettingProblem> Problems => _problems;

    /// <summary>What is not wrong but worth a line in the log at start.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <summary>Reads all settings of <paramref name="catalog"/> and looks for unknown names.</summary>
    /// <param name="catalog">The declarations.</param>
    /// <param name="configuration">Usually <c>new ConfigurationBuilder().AddEnvironmentVariables().Build()</c>.</param>
    public static SettingValues Read(SettingCatalog catalog, Microsoft.Extensions.Configuration.IConfiguration configuration) =>
        new SettingsReader(catalog, configuration).Read();

    /// <summary>The value of <paramref name="setting"/>, given or default. After a problem with it: the default.</summary>
    public T Get<T>(Setting<T> setting) => (T)EntryOf(setting).Value!;

    /// <summary>The options of <paramref name="family"/> that the user gave: full name and value, in the order of their names.</summary>
    public IEnumerable<(string Option, string Text)> Given(SettingFamily family) => _members.Where(member => member.Family == family).Select(static member => (member.Option, member.Text));

    /// <summary>True when the user gave a value.</summary>
    public bool IsGiven(Setting setting) => EntryOf(setting).Origin != SettingOrigin.Default;

    /// <summary>The variable that <paramref name="setting"/> is read from in this start, the chosen attachment considered.</summary>
    public string EnvironmentNameOf(Setting setting) =>
        setting.Attachment is { } attachment ? Get(attachment.Chooser) + attachment.Suffix : setting.EnvironmentName;

    /// <summary>Adds a problem that shows only when settings are looked at together.</summary>
    public void Reject(Setting setting, string text) => Reject(EnvironmentNameOf(setting), text);

    /// <summary>Adds a line that is logged as a warning at start.</summary>
    public void Warn(string text) => _warnings.Add(text);

    /// <summary>Ends the reading.</summary>
    /// <exception cref="SettingsException">Anything is wrong.</exception>
    public void ThrowIfRejected()
    {
        if (_problems.Count > 0)
        {
            throw new SettingsException([.. _problems]);
        }
    }

    /// <summary>Every setting as name, text and origin, secrets masked; the options for the library underneath follow.</summary>
    public IEnumerable<(string EnvironmentName, string Text, SettingOrigin Origin)> Masked()
    {
        foreach (var setting in _catalog.Settings)
        {
            if (setting is SettingFamily)
            {
                foreach (var member in _members.Where(member => member.Family == setting))
                {
                    yield return (member.Family.Shown(member.EnvironmentName), member.Text, member.Origin);
                }

                continue;
            }

            var entry = EntryOf(setting);
            var text = entry.Text switch
            {
                null => setting.DefaultText ?? "",
                { } given when !setting.IsSecret => given,
                { } given => setting.Mask?.Invoke(given) ?? SettingsReader.Masked,
            };
            yield return (EnvironmentNameOf(setting), text, entry.Origin);
        }

        foreach (var (option, text) in _passThrough)
        {
            var isSecret = _catalog.PassThrough!.Secrets.Contains(option);
            yield return (EnvironmentNames.Of(_catalog.PassThrough.Prefix + "." + option), isSecret ? SettingsReader.Masked : text, SettingOrigin.Environment);
        }
    }

    internal void Reject(string environmentName, string text) => _problems.Add(new SettingProblem(environmentName, text));

    internal void Set(Setting setting, object? value, string? text, SettingOrigin origin) => _entries[setting] = new Entry(value, text, origin);

    internal void Add(SettingFamily family, string environmentName, string option, string text, SettingOrigin origin) => _members.Add((family, environmentName, option, text, origin));

    internal void Pass(string option, string text) => _passThrough[option] = text;

    private Entry EntryOf(Setting setting) => _entries.TryGetValue(setting, out var entry)
        ? entry
        : throw new InvalidOperationException($"the setting {setting.Name} is used before it is read, or is not in the catalog");

    private readonly record struct Entry(object? Value, string? Text, SettingOrigin Origin);
}
