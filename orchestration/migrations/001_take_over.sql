-- The reference's table: five columns and this key. Where it is there already it is kept, row for row.
CREATE TABLE IF NOT EXISTS {table} (
    part_official_name text COLLATE "C" NOT NULL,
    car_type           text COLLATE "C" NOT NULL,
    extracted_at       date NOT NULL,
    min_price          integer NOT NULL,
    max_price          integer NOT NULL,
    PRIMARY KEY (part_official_name, car_type, extracted_at)
);
ALTER TABLE {table} ADD COLUMN IF NOT EXISTS median_price integer;
ALTER TABLE {table} ADD COLUMN IF NOT EXISTS offer_count integer;
ALTER TABLE {table} ADD COLUMN IF NOT EXISTS source_count integer;
ALTER TABLE {table} ADD COLUMN IF NOT EXISTS updated_at timestamptz NOT NULL DEFAULT now();
