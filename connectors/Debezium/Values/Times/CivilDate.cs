namespace Penstock.Debezium.Values;

/// <summary>A date of the proleptic Gregorian calendar, years counted astronomically: year 0 is 1 BC.</summary>
/// <param name="Year">Astronomical year.</param>
/// <param name="Month">1 to 12.</param>
/// <param name="Day">1 to 31.</param>
internal readonly record struct CivilDate(int Year, int Month, int Day)
{
    private const int DaysPerEra = 146_097; // 400 Gregorian years
    private const int DaysBeforeEpoch = 719_468; // from 0000-03-01 to 1970-01-01
    private const int JulianDaysBeforeEpoch = 719_470; // from 0000-03-01 of the Julian calendar to 1970-01-01 of the Gregorian one

    /// <summary>First day of the Gregorian calendar in java.util.GregorianCalendar.</summary>
    private static readonly CivilDate Cutover = new(1582, 10, 15);

    /// <summary>Days since 1970-01-01.</summary>
    public long ToEpochDay()
    {
        // Years begin in March here, so that the leap day is the last one of a year (H. Hinnant, "chrono-compatible low-level date algorithms").
        long year = Month <= 2 ? Year - 1L : Year;
        long era = (year >= 0 ? year : year - 399) / 400;
        long yearOfEra = year - (era * 400);
        long dayOfEra = (yearOfEra * 365) + (yearOfEra / 4) - (yearOfEra / 100) + DayOfYear();
        return (era * DaysPerEra) + dayOfEra - DaysBeforeEpoch;
    }

    public static CivilDate FromEpochDay(long day)
    {
        day += DaysBeforeEpoch;
        long era = (day >= 0 ? day : day - (DaysPerEra - 1)) / DaysPerEra;
        long dayOfEra = day - (era * DaysPerEra);
        long yearOfEra = (dayOfEra - (dayOfEra / 1460) + (dayOfEra / 36_524) - (dayOfEra / (DaysPerEra - 1))) / 365;
        long dayOfYear = dayOfEra - ((365 * yearOfEra) + (yearOfEra / 4) - (yearOfEra / 100));
        int shifted = (int)((5 * dayOfYear) + 2) / 153;
        int month = shifted < 10 ? shifted + 3 : shifted - 9;
        return new CivilDate((int)(yearOfEra + (era * 400)) + (month <= 2 ? 1 : 0), month, (int)(dayOfYear - (((153 * shifted) + 2) / 5)) + 1);
    }

    /// <summary>Whether the month has such a day.</summary>
    public bool Exists()
    {
        if (Month is < 1 or > 12 || Day < 1)
        {
            return false;
        }

        bool leap = Year % 4 == 0 && (Year % 100 != 0 || Year % 400 == 0);
        int days = Month switch
        {
            2 => leap ? 29 : 28,
            4 or 6 or 9 or 11 => 30,
            _ => 31,
        };
        return Day <= days;
    }

    /// <summary>
    /// What is left of the date after a way through java.sql.Date or Timestamp and back by its fields (captures A10, A12): the era is lost, and the ten
    /// days that the calendar reform left out move on by ten.
    /// </summary>
    public CivilDate ThroughJavaSqlFields()
    {
        var date = Year > 0 ? this : this with { Year = 1 - Year };
        return date is { Year: 1582, Month: 10, Day: >= 5 and <= 14 } ? date with { Day = date.Day + 10 } : date;
    }

    /// <summary>The day on which java.util.GregorianCalendar, which is Julian before 1582-10-15, puts a date of these fields.</summary>
    public long ToHybridEpochDay()
    {
        if ((Year, Month, Day).CompareTo((Cutover.Year, Cutover.Month, Cutover.Day)) >= 0)
        {
            return ToEpochDay();
        }

        long year = Month <= 2 ? Year - 1L : Year;
        return (year * 365) + (year >= 0 ? year / 4 : (year - 3) / 4) + DayOfYear() - JulianDaysBeforeEpoch;
    }

    /// <summary>Days since March 1st.</summary>
    private int DayOfYear() => (((153 * (Month > 2 ? Month - 3 : Month + 9)) + 2) / 5) + Day - 1;
}
