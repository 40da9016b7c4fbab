-- Which model family a canonical car belongs to; filled from conf/car_types.csv by every migration and load.
CREATE TABLE IF NOT EXISTS {car_types} (
    canonical       text PRIMARY KEY,
    model           text NOT NULL,
    generation_code text,
    powertrain      text
);

-- The band that a quoted price is compared with: the car itself, else its model family, else all cars, each on the day
-- asked for or the nearest earlier one. Never 'unknown': that is every car we could not name, not this one.
-- A plain SQL body, so that PostgreSQL inlines it and each of the three look-ups is one descent of the primary key.
CREATE OR REPLACE FUNCTION {price_band}(part_name text, car_type text, on_date date)
RETURNS TABLE (
    matched_car_type text, match_level text, extracted_at date, age_days integer,
    min_price integer, max_price integer, median_price integer, offer_count integer, source_count integer
)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
AS $body$
    SELECT found.car_type::text, wanted.match_level, found.extracted_at, on_date - found.extracted_at,
           found.min_price::integer, found.max_price::integer, found.median_price, found.offer_count, found.source_count
    FROM (
        SELECT 1 AS place, 'car'::text AS match_level, normalize(btrim($2), NFC) AS wanted_car
        UNION ALL
        SELECT 2, 'model', (SELECT c.model FROM {car_types} c WHERE c.canonical = normalize(btrim($2), NFC))
        UNION ALL
        SELECT 3, 'all', 'all'
    ) wanted
    CROSS JOIN LATERAL (
        SELECT t.* FROM {table} t
        WHERE t.part_official_name = normalize(btrim($1), NFC) AND t.car_type = wanted.wanted_car
          AND t.extracted_at <= $3
        ORDER BY t.extracted_at DESC
        LIMIT 1
    ) found
    WHERE wanted.wanted_car <> 'unknown'
    ORDER BY wanted.place
    LIMIT 1
$body$;

-- The newest row of every part and car. The order is the key's, backwards.
CREATE OR REPLACE VIEW {latest} AS
SELECT DISTINCT ON (t.part_official_name, t.car_type)
       t.part_official_name, t.car_type, t.extracted_at, t.min_price, t.max_price, t.median_price,
       t.offer_count, t.source_count, t.updated_at
FROM {table} t
ORDER BY t.part_official_name DESC, t.car_type DESC, t.extracted_at DESC;
