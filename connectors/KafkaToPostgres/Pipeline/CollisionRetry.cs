using Microsoft.Extensions.Logging;
using Npgsql;
using Penstock.Postgres.Apply;

namespace Penstock.KafkaToPostgres.Pipeline;

/// <summary>
/// Makes a transaction again that met another one (a deadlock, a serialization failure): after a random pause, which keeps the two apart, and which may double each time. One that meets others again and
/// again ends the run, which begins anew after back-off.
/// </summary>
/// <param name="logger">Gets a warning each time.</param>
/// <param name="random">0 (inclusive) to 1 (exclusive); null for chance.</param>
internal sealed class CollisionRetry(ILogger logger, Func<double>? random = null)
{
    /// <summary>Further tries after the first.</summary>
    public const int MostRetries = 5;

    /// <summary>The first pause is shorter than that.</summary>
    public const int FirstPauseMs = 20;

    private readonly Func<double> _random = random ?? Random.Shared.NextDouble;

    /// <summary>Runs the transaction until it meets none.</summary>
    /// <exception cref="PostgresException">The last collision, or any other refusal at once.</exception>
    public T Run<T>(Func<T> transaction)
    {
        for (int collisions = 0; ; collisions++)
        {
            try
            {
                return transaction();
            }
            catch (PostgresException met) when (RowErrors.IsACollision(met) && collisions < MostRetries)
            {
                logger.LogWarning("the transaction met another one and is made again {SqlState}", met.SqlState);
                Thread.Sleep(1 + (int)(_random() * ((FirstPauseMs << collisions) - 1)));
            }
        }
    }
}
