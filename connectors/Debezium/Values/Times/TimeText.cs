namespace Penstock.Debezium.Values;

/// <summary>Reads the parts of date and time texts in <c>DateStyle = ISO</c> from the front of a span.</summary>
internal ref struct TimeText(ReadOnlySpan<byte> text)
{
    public const long MicrosPerSecond = 1_000_000;
    public const long MicrosPerDay = 86_400 * MicrosPerSecond;

    // Postgres' last date is 5874897-12-31.
    private const int MostYearDigits = 7;

    private ReadOnlySpan<byte> _rest = text;

    public readonly bool AtEnd => _rest.IsEmpty;

    /// <summary><c>2016-11-04</c>. The year is that of the text: BC is known only at the end of it.</summary>
    public bool TryReadDate(out CivilDate date)
    {
        date = default;
        int digits = 0;
        int year = 0;
        while (digits < _rest.Length && _rest[digits] is >= (byte)'0' and <= (byte)'9')
        {
            if (digits == MostYearDigits)
            {
                return false;
            }

            year = (year * 10) + _rest[digits++] - '0';
        }

        _rest = _rest[digits..];
        if (digits < 4 || year == 0 || !TryRead((byte)'-') || !TryReadTwo(out int month) || !TryRead((byte)'-') || !TryReadTwo(out int day))
        {
            return false;
        }

        date = new CivilDate(year, month, day);
        return true;
    }

    /// <summary><c>13:51:30.123456</c>, up to <c>24:00:00</c>: microseconds since midnight.</summary>
    public bool TryReadClock(out long micros)
    {
        micros = 0;
        if (!TryReadTwo(out int hour) || !TryRead((byte)':') || !TryReadTwo(out int minute) || !TryRead((byte)':') || !TryReadTwo(out int second)
            || hour > 24 || minute > 59 || second > 59 || !TryReadFraction(out int fraction))
        {
            return false;
        }

        micros = ((((hour * 60L) + minute) * 60) + second) * MicrosPerSecond + fraction;
        return micros <= MicrosPerDay;
    }

    /// <summary><c>+02</c>, <c>-03:30</c>, <c>+00:53:28</c>: seconds east of Greenwich.</summary>
    public bool TryReadOffset(out int seconds)
    {
        seconds = 0;
        bool west = TryRead((byte)'-');
        if ((!west && !TryRead((byte)'+')) || !TryReadTwo(out int hour))
        {
            return false;
        }

        int minute = 0;
        int second = 0;
        if (TryRead((byte)':') && (!TryReadTwo(out minute) || (TryRead((byte)':') && !TryReadTwo(out second))))
        {
            return false;
        }

        seconds = (hour * 3600) + (minute * 60) + second;
        seconds = west ? -seconds : seconds;
        return minute < 60 && second < 60;
    }

    /// <summary><c> BC</c>, if the text goes on with it.</summary>
    public bool TryReadBc()
    {
        if (!_rest.StartsWith(" BC"u8))
        {
            return false;
        }

        _rest = _rest[3..];
        return true;
    }

    public bool TryRead(byte wanted)
    {
        if (_rest.IsEmpty || _rest[0] != wanted)
        {
            return false;
        }

        _rest = _rest[1..];
        return true;
    }

    private bool TryReadTwo(out int value)
    {
        value = 0;
        if (_rest.Length < 2)
        {
            return false;
        }

        uint tens = (uint)_rest[0] - '0';
        uint ones = (uint)_rest[1] - '0';
        value = (int)((tens * 10) + ones);
        _rest = _rest[2..];
        return tens <= 9 && ones <= 9;
    }

    private bool TryReadFraction(out int micros)
    {
        micros = 0;
        if (!TryRead((byte)'.'))
        {
            return true;
        }

        int digits = 0;
        for (; digits < _rest.Length && digits < 6 && _rest[digits] is >= (byte)'0' and <= (byte)'9'; digits++)
        {
            micros = (micros * 10) + _rest[digits] - '0';
        }

        _rest = _rest[digits..];
        for (int place = digits; place < 6; place++)
        {
            micros *= 10;
        }

        return digits > 0;
    }
}
