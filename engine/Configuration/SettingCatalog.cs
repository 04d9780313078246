namespace Penstock.Engine.Configuration;

/// <summary>Everything that one executable understands, and everything it refuses by name.</summary>
public sealed class SettingCatalog
{
    /// <param name="settings">The declarations, in the order of help and documentation; a group's settings stand together.</param>
    /// <param name="unavailable">Options known from elsewhere and refused by name.</param>
    /// <param name="passThrough">Options of a library underneath; null when there are none.</param>
    /// <exception cref="ArgumentException">Two declarations share a name or an environment name.</exception>
    public SettingCatalog(IReadOnlyList<Setting> settings, IReadOnlyList<UnavailableOption> unavailable, PassThroughOptions? passThrough)
    {
        Settings = settings;
        Unavailable = unavailable;
        PassThrough = passThrough;
        var twice = settings.GroupBy(static setting => setting.EnvironmentName, StringComparer.OrdinalIgnoreCase).FirstOrDefault(static group => group.Count() > 1);
        if (twice is not null)
        {
            throw new ArgumentException($"two settings are declared as {twice.Key}", nameof(settings));
        }
    }

    public IReadOnlyList<Setting> Settings { get; }

    public IReadOnlyList<UnavailableOption> Unavailable { get; }

    public PassThroughOptions? PassThrough { get; }

    /// <summary>The settings under their headings, in the order of declaration.</summary>
    public IEnumerable<IGrouping<string, Setting>> Groups => Settings.GroupBy(static setting => setting.Group);
}
