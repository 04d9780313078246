using System.Globalization;
using Penstock.Engine.Commands;

namespace Penstock.Kafka.Connection;

/// <summary>Until when the certificates of a variable are valid.</summary>
/// <param name="Setting">The variable.</param>
/// <param name="NotAfter">Of a client's chain the end that comes first; of trusted ones the end that comes last, because a bundle keeps a retired authority beside its successor.</param>
public sealed record CertificateEnd(string Setting, DateTimeOffset NotAfter)
{
    /// <summary>A certificate of a year, as platforms hand out, is renewed in its last month.</summary>
    private const int WarnDays = 30;

    /// <summary>What is to be said of it; null while there is time.</summary>
    /// <param name="now">The time of the look.</param>
    public CheckFinding? Look(DateTimeOffset now)
    {
        string day = NotAfter.UtcDateTime.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);
        double days = (NotAfter - now).TotalDays;
        return days < 0 ? new CheckFinding("certificate", CheckState.Fail, $"the certificate in {Setting} ended at {day}: no connection is made with it. Put the new one in its place.")
            : days < WarnDays ? new CheckFinding("certificate", CheckState.Warn, string.Create(CultureInfo.InvariantCulture, $"the certificate in {Setting} ends at {day}, in {days:0.#} days: connections are refused from then on. A new one is taken at the next start."))
            : null;
    }
}
