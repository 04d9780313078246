namespace Penstock.Servers;

/// <summary>A throwaway server or a command it needs failed; the message holds the command's last output.</summary>
public sealed class ServerException(string message, Exception? inner = null) : Exception(message, inner);
