using Microsoft.Extensions.Logging;
using Penstock.KafkaToPostgres.Settings;
using Penstock.Postgres.Apply;
using Penstock.Postgres.Connection;

namespace Penstock.KafkaToPostgres.Pipeline;

/// <summary><c>schema.evolution</c>: what happens when an event's schema is not that of its table.</summary>
/// <param name="options">The settings.</param>
/// <param name="target">For a connection of its own.</param>
/// <param name="logger">Told each statement that runs; names only, never values.</param>
/// <param name="number">Gives the next number of a table.</param>
internal sealed class SinkEvolution(SinkOptions options, TargetDatabase target, ILogger logger, Func<int> number)
{
    /// <summary>Makes what is missing, or ends the pipeline with what to run; gives the table as it is then.</summary>
    /// <param name="wanted">By the event's schema.</param>
    /// <param name="known">As it was looked up; null if it was not yet.</param>
    /// <exception cref="DatabaseException">Something is missing that may not be made, or the target refuses a statement.</exception>
    public TargetTable Evolve(WantedTable wanted, TargetTable? known)
    {
        using var control = target.Open();
        return target.Translated(() =>
        {
            if (options.Evolution == SchemaEvolution.ValidateOnly)
            {
                if (TableEvolution.Missing(control, wanted) is { Count: > 0 } missing)
                {
                    throw new DatabaseException(FailureClass.Preflight, $"table {wanted} is not what its events need, and PENSTOCK_SCHEMA_EVOLUTION=validate-only makes nothing. Run: {string.Join("; ", missing)};");
                }
            }
            else
            {
                TableEvolution.Make(control, wanted, statement => logger.LogWarning("the target is altered: {Statement}", statement));
            }

            return TargetCatalog.Find(control, wanted.Schema, wanted.Name, known?.Number ?? number(), options.KeyFields, options.WithKey)
                ?? throw new DatabaseException(FailureClass.Preflight, $"{wanted} is no table: rows cannot be written to it.");
        });
    }
}
