namespace Penstock.EndToEnd.Values;

/// <summary>The inverse of the encoders in SQL, as simple as can be: what is wrong in both of them would have to be wrong in the same way in two languages.</summary>
internal static class OracleSql
{
    public const string Setup = """
        CREATE TYPE mood AS ENUM ('sad', 'ok', 'it''s "fine", \o/ {}');
        CREATE DOMAIN quantity AS int;
        CREATE DOMAIN price AS numeric(12,3);
        CREATE DOMAIN list_price AS price;
        CREATE DOMAIN phrase AS varchar(40);
        CREATE TYPE pair AS (a int, b text);

        CREATE FUNCTION takes(x text, type text) RETURNS boolean LANGUAGE plpgsql AS $$
        BEGIN
            -- There and back: a timestamp(3) may be rounded beyond the last timestamp, and then no longer be read.
            EXECUTE format('SELECT %L::%s::text::%s', x, type, type);
            RETURN true;
        EXCEPTION WHEN others THEN
            RETURN false;
        END $$;

        -- Two's complement, highest byte first; seven bytes at once, which a bigint holds. A negative number is one less than minus what its flipped bits are.
        CREATE FUNCTION unscaled(b bytea) RETURNS numeric LANGUAGE plpgsql IMMUTABLE STRICT AS $$
        DECLARE
            n numeric := 0;
            negative boolean := get_byte(b, 0) >= 128;
            rest int := length(b) % 7;
            piece bigint;
        BEGIN
            FOR i IN 0 .. rest - 1 LOOP
                piece := get_byte(b, i);
                n := n * 256 + CASE WHEN negative THEN 255 - piece ELSE piece END;
            END LOOP;
            FOR i IN 0 .. length(b) / 7 - 1 LOOP
                piece := ('x' || encode(substring(b FROM rest + 7 * i + 1 FOR 7), 'hex'))::bit(56)::bigint;
                n := n * 72057594037927936 + CASE WHEN negative THEN 72057594037927935 - piece ELSE piece END;
            END LOOP;
            RETURN CASE WHEN negative THEN -n - 1 ELSE n END;
        END $$;

        CREATE FUNCTION scaled(b bytea, scale int) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT (unscaled(b)::text || 'e' || -scale)::numeric $$;

        -- BigDecimal's words for what it does not have.
        CREATE FUNCTION number(x text) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT AS $$
            SELECT CASE x WHEN 'POSITIVE_INFINITY' THEN 'Infinity' WHEN 'NEGATIVE_INFINITY' THEN '-Infinity' ELSE x END::numeric
        $$;

        -- Lowest byte first; n bits of it.
        CREATE FUNCTION bits(b bytea, n int) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$
            SELECT coalesce(string_agg(CASE WHEN i / 8 < length(b) THEN (get_byte(b, i / 8) >> (i % 8)) & 1 ELSE 0 END::text, '' ORDER BY i DESC), '') FROM generate_series(0, n - 1) i
        $$;

        CREATE FUNCTION from_us(us numeric) RETURNS timestamp LANGUAGE sql IMMUTABLE STRICT AS $$
            SELECT (date '1970-01-01' + floor(us / 86400000000)::int) + mod(mod(us, 86400000000) + 86400000000, 86400000000)::float8 * interval '1 microsecond'
        $$;

        -- Not the epoch of the whole: beyond the year 294247 Postgres rounds it.
        CREATE FUNCTION epoch_us(v timestamp) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT AS $$
            SELECT (v::date - date '1970-01-01')::numeric * 86400000000 + extract(epoch FROM v::time)::numeric * 1000000
        $$;

        CREATE FUNCTION time_of(us numeric) RETURNS time LANGUAGE sql IMMUTABLE STRICT AS $$
            SELECT CASE WHEN us = 86400000000 THEN time '24:00' ELSE time '00:00' + us::float8 * interval '1 microsecond' END
        $$;

        -- Years as ISO 8601 counts them: 0000 is 1 BC. Without its era a February 29th may be one of a year that has none.
        CREATE FUNCTION iso_date(x text) RETURNS date LANGUAGE sql IMMUTABLE STRICT AS $$
            SELECT make_date(CASE WHEN m[1]::int <= 0 THEN m[1]::int - 1 ELSE m[1]::int END, m[2]::int, 1) + (m[3]::int - 1) FROM regexp_match(x, '^([+-]?\d+)-(\d\d)-(\d\d)$') m
        $$;

        CREATE FUNCTION iso_timestamp(x text) RETURNS timestamp LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT iso_date(split_part(x, 'T', 1)) + rtrim(split_part(x, 'T', 2), 'Z')::time $$;

        -- What is left of a date behind java.sql.Date: no era, and the ten days of the calendar reform moved.
        CREATE FUNCTION without_era(v date) RETURNS date LANGUAGE sql IMMUTABLE STRICT AS $$
            SELECT CASE
                WHEN extract(year FROM v) < 0 THEN make_date(-extract(year FROM v)::int, extract(month FROM v)::int, 1) + (extract(day FROM v)::int - 1)
                WHEN v BETWEEN '1582-10-05' AND '1582-10-14' THEN v + 10
                ELSE v
            END
        $$;

        -- A month counted as 30.4375 days.
        CREATE FUNCTION span_us(v interval) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT AS $$
            SELECT ((extract(year FROM v) * 12 + extract(month FROM v)) * 30.4375 + extract(day FROM v)) * 86400000000
                + extract(hour FROM v) * 3600000000 + extract(minute FROM v) * 60000000 + extract(microseconds FROM v)
        $$;
        """;
}
