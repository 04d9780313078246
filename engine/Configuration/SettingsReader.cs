using Microsoft.Extensions.Configuration;

namespace Penstock.Engine.Configuration;

/// <summary>Reads the declared settings out of a configuration and explains every variable that is not among them.</summary>
internal sealed class SettingsReader
{
    /// <summary>Stands for a secret value wherever one would be shown.</summary>
    public const string Masked = "****";

    /// <summary>A certificate bundle is some kilobytes; a file beyond this is the wrong file.</summary>
    private const long MostFileBytes = 1024 * 1024;

    private readonly SettingCatalog _catalog;
    private readonly Dictionary<string, string> _environment;
    private readonly HashSet<string> _used = new(StringComparer.OrdinalIgnoreCase);
    private readonly SettingValues _values;

    public SettingsReader(SettingCatalog catalog, IConfiguration configuration)
    {
        _catalog = catalog;
        _values = new SettingValues(catalog);
        _environment = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (key, value) in configuration.AsEnumerable())
        {
            // The environment provider turns "__" into its own separator; no name here means a section.
            // An empty variable counts as not given: that is how compose files and shells switch one off.
            if (!string.IsNullOrEmpty(value))
            {
                _environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;
            }
        }
    }

    public SettingValues Read()
    {
        // Settings that choose an attachment come first: the others' variable names follow from them.
        foreach (var setting in _catalog.Settings.Where(static setting => setting is not SettingFamily).OrderBy(static setting => setting.Attachment is null ? 0 : 1))
        {
            Read(setting);
        }

        foreach (var name in _environment.Keys.Where(IsOwn).Where(name => !_used.Contains(name)).Order(StringComparer.Ordinal))
        {
            ReadUndeclared(name);
        }

        return _values;
    }

    private static bool IsOwn(string name) => name.StartsWith(EnvironmentNames.Prefix, StringComparison.OrdinalIgnoreCase);

    private void Read(Setting setting)
    {
        var name = _values.EnvironmentNameOf(setting);
        var isSound = TryTake(name, out var text, out var origin);
        if (text is null)
        {
            if (isSound && setting.IsRequired)
            {
                _values.Reject(name, $"is missing: {setting.Meaning}");
            }
        }
        else if (setting.Parse(text, out var value) is { } problem)
        {
            _values.Reject(name, Said(text, setting, problem));
        }
        else
        {
            _values.Set(setting, value, text, origin);
            return;
        }

        _values.Set(setting, setting.DefaultValue(_values), null, SettingOrigin.Default);
    }

    /// <summary>Takes the value of <paramref name="name"/> or the content of the file in <c>NAME_FILE</c>; false when a problem was noted.</summary>
    private bool TryTake(string name, out string? text, out SettingOrigin origin)
    {
        var fileName = name + EnvironmentNames.FileSuffix;
        var hasFile = _environment.TryGetValue(fileName, out var path);
        var hasValue = _environment.TryGetValue(name, out text);
        _used.Add(name);
        _used.Add(fileName);
        origin = hasFile ? SettingOrigin.File : hasValue ? SettingOrigin.Environment : SettingOrigin.Default;
        if (!hasFile)
        {
            return true;
        }

        text = null;
        if (hasValue)
        {
            _values.Reject(name, $"and {fileName} are both given: remove one of them");
            return false;
        }

        try
        {
            if (new FileInfo(path!).Length > MostFileBytes)
            {
                _values.Reject(fileName, $"names {Said(path!)}, which is larger than a setting can be ({MostFileBytes} bytes)");
                return false;
            }

            var content = File.ReadAllText(path!).TrimEnd('\r', '\n');
            if (content.Length == 0)
            {
                _values.Reject(fileName, $"names {Said(path!)}, which is empty");
                return false;
            }

            text = content;
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            _values.Reject(fileName, $"names {Said(path!)}, which cannot be read: {(e is FileNotFoundException or DirectoryNotFoundException ? "there is no such file" : e.Message.Replace(path!, "it", StringComparison.Ordinal))}");
            return false;
        }
    }

    private void ReadUndeclared(string name)
    {
        if (_used.Contains(name))
        {
            return; // taken meanwhile together with its _FILE sibling
        }

        var plainName = name.EndsWith(EnvironmentNames.FileSuffix, StringComparison.OrdinalIgnoreCase) ? name[..^EnvironmentNames.FileSuffix.Length] : name;
        if (_catalog.PassThrough is { } library && (library.TryResolve(name, out var option) || library.TryResolve(plainName, out option)))
        {
            // A library option may itself end in ".file"; its own full name wins over the file form of a shorter one.
            ReadPassThrough(library, library.TryResolve(name, out _) ? name : plainName, option);
        }
        else if (_catalog.Settings.OfType<SettingFamily>().FirstOrDefault(family => family.TryResolve(plainName, out option)) is { } family)
        {
            ReadMember(family, plainName);
        }
        else if (_catalog.Unavailable.FirstOrDefault(known => known.Matches(name) || known.Matches(plainName)) is { } known)
        {
            ReadUnavailable(name, known);
        }
        else
        {
            _values.Reject(name, UnknownText(plainName));
        }
    }

    private void ReadPassThrough(PassThroughOptions library, string name, string option)
    {
        if (library.Refused.TryGetValue(option, out var reason))
        {
            _values.Reject(name, $"is {reason}");
            return;
        }

        if (TryTake(name, out var text, out _) && text is not null)
        {
            _values.Pass(option, text.Trim());
        }
    }

    private void ReadMember(SettingFamily family, string name)
    {
        if (!TryTake(name, out var text, out var origin) || text is null)
        {
            return;
        }

        family.TryResolve(name, out var option);
        if (family.ProblemOf(option, text) is { } problem)
        {
            _values.Reject(family.Shown(name), Said(text, family, problem));
        }
        else
        {
            _values.Add(family, name, option, text.Trim(), origin);
        }
    }

    private void ReadUnavailable(string name, UnavailableOption known)
    {
        if (known.OnlyValue is null)
        {
            _values.Reject(name, $"is {known.Reason}");
        }
        else if (!string.Equals(_environment[name].Trim(), known.OnlyValue, StringComparison.OrdinalIgnoreCase))
        {
            _values.Reject(name, $"is {known.Reason}; the only value it may have here is '{known.OnlyValue}'");
        }
    }

    private string UnknownText(string plainName)
    {
        var names = _catalog.Settings.Select(_values.EnvironmentNameOf).ToArray();
        var unprefixed = plainName[EnvironmentNames.Prefix.Length..];
        if (names.Contains(unprefixed, StringComparer.OrdinalIgnoreCase))
        {
            return $"is an unknown setting; the platform's own name is used: {unprefixed.ToUpperInvariant()}";
        }

        var library = _catalog.PassThrough;
        var isLibrary = library is not null && plainName.StartsWith(library.EnvironmentPrefix, StringComparison.OrdinalIgnoreCase);
        var nearest = NearestName.Of(plainName, isLibrary ? library!.EnvironmentNamesOfAll : names.Concat(library?.EnvironmentNamesOfAll ?? []));
        var kind = isLibrary ? $"is no option of {library!.Library}" : "is an unknown setting";
        return nearest is null ? kind
            : NearestName.IsClose(plainName, nearest) ? $"{kind}; did you mean {nearest}?"
            : $"{kind}; the nearest known name is {nearest}";
    }

    /// <summary>A password may have been given where a file with it was asked for: only what lies in a folder that is there is a path.</summary>
    private static string Said(string path) => Path.GetDirectoryName(path) is { Length: > 1 } folder && Directory.Exists(folder) ? $"'{path}'" : "a file";

    /// <summary>The one place where a wrong value comes into a message. What found the problem may have repeated it too.</summary>
    private static string Said(string text, Setting setting, string problem) =>
        setting is { IsSecret: false } && setting.MayRepeat(text) ? $"is '{string.Concat(text.Select(static c => char.IsControl(c) ? '?' : c))}': {problem}"
            : $"{(setting.IsSecret ? $"is '{Masked}'" : "is not right")}: {WrongValue.Without(text, problem)}";
}
