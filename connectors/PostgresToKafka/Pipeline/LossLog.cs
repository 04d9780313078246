using Microsoft.Extensions.Logging;
using Penstock.Debezium.Events;
using Penstock.Debezium.Values;
using Penstock.Engine.Operations;

namespace Penstock.PostgresToKafka.Pipeline;

/// <summary>
/// What the event format loses is never silent: each column of which values are not in the events as the row holds them, and each column that is left out, is said once; the counts go to the
/// health report. Any thread.
/// </summary>
/// <param name="compat">Whose form the events have.</param>
/// <param name="says">False: values are only counted (<c>event.converting.failure.handling.mode=skip</c>).</param>
/// <param name="logger">The log.</param>
/// <param name="health">Gets the counts.</param>
internal sealed class LossLog(CompatMode compat, bool says, ILogger logger, HealthState health)
{
    private readonly string _how = compat == CompatMode.Correct
        ? "they have no form in the event format and are null or lack a part; the header __penstock.lost names the column"
        : "null, wrapped or cut, as Debezium writes them; PENSTOCK_COMPAT=correct has a form for most (docs/compat.md)";

    private readonly Lock _gate = new();
    private readonly List<EventDecoder> _decoders = [];
    private readonly HashSet<(string, string)> _said = [];

    /// <summary>Looks at this decoder too from now on.</summary>
    public void Watch(EventDecoder decoder)
    {
        lock (_gate)
        {
            _decoders.Add(decoder);
        }
    }

    /// <summary>Says what is new.</summary>
    public void Look()
    {
        lock (_gate)
        {
            var losses = (from loss in _decoders.SelectMany(d => d.Unrepresented)
                          group loss.Values by (loss.Table, loss.Column, loss.Type) into same
                          select new ColumnLoss(same.Key.Table, same.Key.Column, same.Key.Type, same.Sum())).ToList();
            foreach (var loss in losses.Where(l => says && _said.Add((l.Table, l.Column))))
            {
                logger.LogWarning("values of {Table} {Column} of type {Type} are not in the events as the row holds them: {How}", loss.Table, loss.Column, loss.Type, _how);
            }

            foreach (var (table, column, type) in _decoders.SelectMany(d => d.LeftOut).Where(c => _said.Add((c.Table, c.Column))))
            {
                logger.LogWarning(
                    "column {Table} {Column} of type {Type} is in no event, as in Debezium: PENSTOCK_INCLUDE_UNKNOWN_DATATYPES=true or PENSTOCK_COMPAT=correct writes it, PENSTOCK_COLUMN_EXCLUDE_LIST says that nobody wants it",
                    table,
                    column,
                    type);
            }

            health.Lost(losses);
        }
    }
}
