using Npgsql;
using Penstock.Postgres.Connection;
using Penstock.Postgres.State;

namespace Penstock.Postgres.Preflight;

/// <summary>Whether the pipeline's state can be kept where it is wanted.</summary>
internal static class StateChecks
{
    /// <returns>False where the user lacks the right.</returns>
    public static bool Add(List<PreflightFinding> findings, NpgsqlConnection connection, DatabaseUrl url, StateWish wish)
    {
        if (wish == StateWish.None || StateRights.Missing(connection, url) is not { } statement)
        {
            return wish != StateWish.None;
        }

        string what = $"user {SqlName.Quote(url.User)} may not keep the pipeline's state in the schema \"penstock\" of database \"{url.Database}\"";
        findings.Add(wish == StateWish.Required
            ? new PreflightFinding("state", true, $"{what}, which PENSTOCK_STATE=schema asks for. As an administrator, type: {statement} or set PENSTOCK_STATE=none to keep no state besides the slot.")
            : new PreflightFinding(
                "state",
                false,
                $"{what}: the pipeline goes on without state, as with PENSTOCK_STATE=none. {StateRights.Cost}. As an administrator, type: {statement} "
                + "(the next start then reads the tables again, unless PENSTOCK_SNAPSHOT_MODE=no_data); or set PENSTOCK_STATE=none to say that this is as you want it."));
        return false;
    }
}
