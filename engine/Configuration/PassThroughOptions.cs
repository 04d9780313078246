namespace Penstock.Engine.Configuration;

/// <summary>
/// Options that belong to a library underneath and are handed to it as they are: <c>PENSTOCK_KAFKA_LINGER_MS</c> gives <c>linger.ms</c>.
/// </summary>
/// <param name="Prefix">The first part of the option's name here, without the dot: <c>kafka</c>.</param>
/// <param name="Library">The library's name, for messages.</param>
/// <param name="Names">Every option name of the library that may be given.</param>
/// <param name="Refused">Names of the library that may not be given, with the reason ("is ...").</param>
/// <param name="Secrets">Names whose values are masked.</param>
public sealed record PassThroughOptions(
    string Prefix,
    string Library,
    IReadOnlyCollection<string> Names,
    IReadOnlyDictionary<string, string> Refused,
    IReadOnlySet<string> Secrets)
{
    private readonly Dictionary<string, string> _optionByEnvironmentName = Names.Concat(Refused.Keys)
        .ToDictionary(name => EnvironmentNames.Of(Prefix + "." + name), name => name, StringComparer.OrdinalIgnoreCase);

    /// <summary>The environment names of every option that may be given.</summary>
    public IEnumerable<string> EnvironmentNamesOfAll => Names.Select(name => EnvironmentNames.Of(Prefix + "." + name));

    /// <summary>What every environment name of this library begins with.</summary>
    public string EnvironmentPrefix => EnvironmentNames.Of(Prefix + ".");

    /// <summary>
    /// The library's own name for an environment variable. Both dots and underscores became underscores on the way here, so the name is looked up and not computed
    /// (<c>PENSTOCK_KAFKA_LOG_LEVEL</c> is <c>log_level</c>, <c>PENSTOCK_KAFKA_LINGER_MS</c> is <c>linger.ms</c>).
    /// </summary>
    public bool TryResolve(string environmentName, out string option) => _optionByEnvironmentName.TryGetValue(environmentName, out option!);
}
