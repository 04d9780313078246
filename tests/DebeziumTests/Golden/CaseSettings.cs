using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using Penstock.Engine.Configuration;
using Penstock.PostgresToKafka.Settings;

namespace Penstock.DebeziumTests.Golden;

/// <summary>A case cannot be tried here; the message says why.</summary>
internal sealed class CaseNotRunException(string message) : Exception(message);

/// <summary>Turns the options of a case into this product's settings by its one rule for names: nothing else here knows an option.</summary>
internal static class CaseSettings
{
    /// <summary>What stands in DATABASE_URL, or names the connector itself.</summary>
    private static readonly Regex NoSettings = new(@"\A(name|connector\.class|tasks\.max|plugin\.name|database\.(hostname|port|dbname|user|password|server\.id)|(key|header)\.converter)\z");

    /// <summary>As <c>name=value</c>: not built, and of no effect on events (captures A20) or only on how the connector reads the catalogue, which a replay has behind it.</summary>
    private static readonly Regex NothingToReplay = new(@"\A(include\.schema\.comments|schema\.refresh\.mode)=", RegexOptions.Singleline);

    /// <summary>Debezium's defaults where this product's differ, and what the corpus was captured with.</summary>
    private static readonly Dictionary<string, string> DebeziumDefaults = new()
    {
        // Debezium publishes tables without asking for their replica identity.
        ["PENSTOCK_ON_MISSING_REPLICA_IDENTITY"] = "warn",
        ["PENSTOCK_EXTENDED_HEADERS_ENABLED"] = "true",
        ["PENSTOCK_PUBLICATION_AUTOCREATE_MODE"] = "all_tables",
        // The corpus was captured before a producer, which knew no limit.
        ["PENSTOCK_MAX_RECORD_BYTES"] = "16000000",
    };

    /// <summary>The typed settings for a replay without a database.</summary>
    /// <exception cref="CaseNotRunException">An option that is unknown, refused or wrong; names all of them.</exception>
    public static PipelineOptions ForReplay(IReadOnlyDictionary<string, string> options, bool schemas)
    {
        var kept = options.Where(option => !NothingToReplay.IsMatch($"{option.Key}={option.Value}")).ToDictionary();
        var environment = Environment(kept, schemas);
        environment["DATABASE_URL"] = $"postgres://golden@localhost/{Uri.EscapeDataString(options["database.dbname"])}";
        environment["KAFKA_URL"] = "localhost:9092";
        return Read(environment, options);
    }

    /// <summary>The environment of a pipeline between a database and brokers.</summary>
    /// <param name="options">The case's.</param>
    /// <param name="schemas">Schemas in keys and values.</param>
    /// <param name="surroundings">Variables that say where database and brokers are, and what else is not the case's.</param>
    /// <exception cref="CaseNotRunException">An option that is unknown, refused or wrong; names all of them.</exception>
    public static Dictionary<string, string> ForPipeline(IReadOnlyDictionary<string, string> options, bool schemas, IReadOnlyDictionary<string, string> surroundings)
    {
        var environment = Environment(options, schemas);
        foreach (var (name, value) in surroundings)
        {
            environment[name] = value;
        }

        Read(environment, options);
        return environment;
    }

    private static Dictionary<string, string> Environment(IReadOnlyDictionary<string, string> options, bool schemas)
    {
        var declared = PipelineCatalog.Catalog.Settings.Select(setting => setting.EnvironmentName).ToHashSet(StringComparer.Ordinal);
        var environment = DebeziumDefaults.Where(setting => declared.Contains(setting.Key)).ToDictionary();
        environment["PENSTOCK_NAME"] = "golden";
        environment["PENSTOCK_KEY_CONVERTER_SCHEMAS_ENABLE"] = schemas ? "true" : "false";
        if (options.GetValueOrDefault("value.converter")?.EndsWith("CloudEventsConverter", StringComparison.Ordinal) != true)
        {
            environment["PENSTOCK_VALUE_CONVERTER_SCHEMAS_ENABLE"] = schemas ? "true" : "false";
        }

        foreach (var (name, value) in options.Where(option => !NoSettings.IsMatch(option.Key)))
        {
            environment[EnvironmentName(name)] = value;
        }

        return environment;
    }

    private static PipelineOptions Read(Dictionary<string, string> environment, IReadOnlyDictionary<string, string> options)
    {
        try
        {
            return PipelineOptions.Read(new ConfigurationBuilder().AddInMemoryCollection(environment!).Build());
        }
        catch (SettingsException wrong)
        {
            throw new CaseNotRunException(string.Join("; ", wrong.Problems.Select(problem => Explain(problem, options))));
        }
    }

    private static string Explain(SettingProblem problem, IReadOnlyDictionary<string, string> options) =>
        options.Keys.FirstOrDefault(name => EnvironmentName(name) == problem.EnvironmentName) is { } option
            ? $"option {option}: {problem.Text}"
            : throw new FormatException($"the case's options are read wrongly: {problem}");

    // A salt is part of the value in all but name: its letters stay as they are.
    private static string EnvironmentName(string option)
    {
        const string Salt = ".with.salt.";
        int salt = option.IndexOf(Salt, StringComparison.Ordinal);
        string fixedPart = salt < 0 ? option : option[..(salt + Salt.Length)];
        return EnvironmentNames.Of(fixedPart) + option[fixedPart.Length..];
    }
}
