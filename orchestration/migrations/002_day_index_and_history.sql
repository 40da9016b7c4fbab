-- A day's rows are counted, compared and deleted by date; the key begins with the part, so it cannot find them.
CREATE INDEX IF NOT EXISTS {day_index} ON {table} (extracted_at);

CREATE TABLE IF NOT EXISTS {load_history} (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    table_name     text NOT NULL,
    dt             date NOT NULL,
    run_id         text NOT NULL,
    source_version bigint,
    verdict        text NOT NULL CHECK (verdict IN ('published', 'unchanged', 'refused', 'failed')),
    reason         text,
    rows_read      bigint,
    inserted       bigint,
    updated        bigint,
    unchanged      bigint,
    deleted        bigint,
    expired        bigint,
    duplicates     bigint,
    cleaned        bigint,
    rejected       jsonb,
    started_at     timestamptz NOT NULL,
    finished_at    timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX IF NOT EXISTS load_history_day ON {load_history} (table_name, dt, id);
