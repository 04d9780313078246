namespace Penstock.Postgres.Preflight;

/// <param name="Check">Short name of the check, such as <c>wal_level</c>.</param>
/// <param name="IsError">False: worth a warning in the log, the pipeline may start.</param>
/// <param name="Message">What is wrong, where, what to type next.</param>
public sealed record PreflightFinding(string Check, bool IsError, string Message);
