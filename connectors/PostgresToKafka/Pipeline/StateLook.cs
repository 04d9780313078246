using Penstock.Postgres.Connection;
using Penstock.Postgres.State;
using PipelineMemory = Penstock.Postgres.State.PipelineState;

namespace Penstock.PostgresToKafka.Pipeline;

/// <summary>How one-off commands find the state of the pipeline that they speak to.</summary>
internal static class StateLook
{
    /// <summary>The exit code if there is no such pipeline with state.</summary>
    public static int? Find(SourceDatabase database, string name, out PipelineRecord? record, out string problem)
    {
        record = null;
        problem = "";
        using (var connection = database.Open())
        {
            if (database.Translated(() => StateRights.Missing(connection, database.Url)) is { } statement)
            {
                problem = $"user {SqlName.Quote(database.Url.User)} may not use the pipeline's state in the schema \"penstock\" of database \"{database.Url.Database}\". As an administrator, type: {statement}";
                return Verdict.Preflight;
            }
        }

        record = new PipelineMemory(database, name, isKept: true).Read();
        if (record is null)
        {
            problem = $"no pipeline \"{name}\" has kept state in database \"{database.Url.Database}\": check PENSTOCK_NAME and DATABASE_URL. The state is made when the pipeline first starts.";
            return Verdict.Preflight;
        }

        // A table of an earlier version.
        new PipelineMemory(database, name, isKept: true).Ensure();
        return null;
    }
}
