using System.Diagnostics;
using System.Globalization;

namespace Penstock.Engine.Operations;

/// <summary>
/// What <c>PENSTOCK_FAILPOINTS</c> says: <c>name=action[@when]</c>, separated by semicolons; the name <c>*</c> is every place. Actions: <c>crash</c> (SIGKILL), <c>error</c>, <c>delay:MS</c>.
/// When: a number N for the N-th time only (without it, the first), <c>P%</c> for that share of the times, at random.
/// </summary>
public static partial class Failpoint
{
    private static readonly Rule[] Rules = TakeRules();

    static partial void Act(string name)
    {
        foreach (var rule in Rules)
        {
            if (rule.Applies(name))
            {
                rule.Act(name);
            }
        }
    }

    private static Rule[] TakeRules()
    {
        const string name = "PENSTOCK_FAILPOINTS";
        string text = Environment.GetEnvironmentVariable(name) ?? "";
        // Not a setting of the program, which refuses names that it does not know.
        Environment.SetEnvironmentVariable(name, null);
        return [.. text.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(Rule.Parse)];
    }

    private sealed class Rule(string name, string action, int delayMs, int onTime, double share)
    {
        private int _times;

        public static Rule Parse(string text)
        {
            string[] parts = text.Split('=', '@');
            string[] action = parts[1].Split(':');
            string when = parts.Length > 2 ? parts[2] : "1";
            return new Rule(
                parts[0],
                action[0],
                action.Length > 1 ? int.Parse(action[1], CultureInfo.InvariantCulture) : 0,
                when.EndsWith('%') ? 0 : int.Parse(when, CultureInfo.InvariantCulture),
                when.EndsWith('%') ? double.Parse(when[..^1], CultureInfo.InvariantCulture) / 100 : 0);
        }

        public bool Applies(string place) =>
            (name == "*" || name == place) && (onTime > 0 ? Interlocked.Increment(ref _times) == onTime : Random.Shared.NextDouble() < share);

        public void Act(string place)
        {
            switch (action)
            {
                case "crash":
                    Console.Out.WriteLine($"failpoint {place}: crash");
                    Console.Out.Flush();
                    using (var self = Process.GetCurrentProcess())
                    {
                        self.Kill();
                    }

                    Thread.Sleep(Timeout.Infinite);
                    break;
                case "delay":
                    Thread.Sleep(delayMs);
                    break;
                default:
                    throw new FailpointException(place);
            }
        }
    }
}

/// <summary>The action <c>error</c>: as a failure that may pass.</summary>
public sealed class FailpointException(string place) : Exception($"failpoint {place}: error");
