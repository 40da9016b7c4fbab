-- A table that was taken over may hold rows without prices, which are no band, and prices beyond any real one.
-- A generation that conf/car_types.csv does not list, as in '쏘나타(XX)', still belongs to its model.
CREATE OR REPLACE FUNCTION {price_band}(part_name text, car_type text, on_date date)
RETURNS TABLE (
    matched_car_type text, match_level text, extracted_at date, age_days integer,
    min_price integer, max_price integer, median_price integer, offer_count integer, source_count integer
)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
AS $body$
    SELECT found.car_type::text, wanted.match_level, found.extracted_at, on_date - found.extracted_at,
           least(found.min_price, 2147483647)::integer, least(found.max_price, 2147483647)::integer,
           found.median_price::integer, found.offer_count::integer, found.source_count::integer
    FROM (
        SELECT 1 AS place, 'car'::text AS match_level, normalize(btrim($2), NFC) AS wanted_car
        UNION ALL
        SELECT 2, 'model', coalesce(
            (SELECT c.model FROM {car_types} c WHERE c.canonical = normalize(btrim($2), NFC)),
            (SELECT c.model FROM {car_types} c WHERE c.model = normalize(btrim(split_part($2, '(', 1)), NFC) LIMIT 1))
        UNION ALL
        SELECT 3, 'all', 'all'
    ) wanted
    CROSS JOIN LATERAL (
        SELECT t.* FROM {table} t
        WHERE t.part_official_name = normalize(btrim($1), NFC) AND t.car_type = wanted.wanted_car
          AND t.extracted_at <= $3 AND t.min_price IS NOT NULL AND t.max_price IS NOT NULL
        ORDER BY t.extracted_at DESC
        LIMIT 1
    ) found
    WHERE wanted.wanted_car <> 'unknown'
    ORDER BY wanted.place
    LIMIT 1
$body$;
