-- A table that was taken over may hold numbers of every size and days without end, and 'infinity' may be asked for: no day of
-- the calendar, so that it has no age. Each of them ended the query with an error.
CREATE OR REPLACE FUNCTION {price_band}(part_name text, car_type text, on_date date)
RETURNS TABLE (
    matched_car_type text, match_level text, extracted_at date, age_days integer,
    min_price integer, max_price integer, median_price integer, offer_count integer, source_count integer
)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
AS $body$
    SELECT found.car_type::text, wanted.match_level, found.extracted_at,
           CASE WHEN isfinite(on_date) AND isfinite(found.extracted_at) THEN on_date - found.extracted_at END,
           least(greatest(found.min_price, -2147483648), 2147483647)::integer,
           least(greatest(found.max_price, -2147483648), 2147483647)::integer,
           CASE WHEN found.median_price IS NOT NULL THEN least(greatest(found.median_price, -2147483648), 2147483647)::integer END,
           CASE WHEN found.offer_count IS NOT NULL THEN least(greatest(found.offer_count, -2147483648), 2147483647)::integer END,
           CASE WHEN found.source_count IS NOT NULL THEN least(greatest(found.source_count, -2147483648), 2147483647)::integer END
    FROM (
        SELECT 1 AS place, 'car'::text AS match_level, btrim(regexp_replace(normalize($2, NFC), '[\u0009-\u000d\u0020\u0085\u00a0\u1680\u2000-\u200b\u2028\u2029\u202f\u205f\u3000\ufeff]+', ' ', 'g')) AS wanted_car
        UNION ALL
        SELECT 2, 'model', coalesce(
            (SELECT c.model FROM {car_types} c WHERE c.canonical = btrim(regexp_replace(normalize($2, NFC), '[\u0009-\u000d\u0020\u0085\u00a0\u1680\u2000-\u200b\u2028\u2029\u202f\u205f\u3000\ufeff]+', ' ', 'g'))),
            (SELECT c.model FROM {car_types} c WHERE c.model = btrim(regexp_replace(normalize(split_part($2, '(', 1), NFC), '[\u0009-\u000d\u0020\u0085\u00a0\u1680\u2000-\u200b\u2028\u2029\u202f\u205f\u3000\ufeff]+', ' ', 'g')) LIMIT 1))
        UNION ALL
        SELECT 3, 'all', 'all'
    ) wanted
    CROSS JOIN LATERAL (
        SELECT t.* FROM {table} t
        WHERE t.part_official_name = btrim(regexp_replace(normalize($1, NFC), '[\u0009-\u000d\u0020\u0085\u00a0\u1680\u2000-\u200b\u2028\u2029\u202f\u205f\u3000\ufeff]+', ' ', 'g')) AND t.car_type = wanted.wanted_car
          AND t.extracted_at <= $3 AND t.min_price IS NOT NULL AND t.max_price IS NOT NULL
        ORDER BY t.extracted_at DESC
        LIMIT 1
    ) found
    WHERE wanted.wanted_car <> 'unknown'
    ORDER BY wanted.place
    LIMIT 1
$body$;
