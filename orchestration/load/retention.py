"""What stays of the days before the window: by default each price's changes, so that `price_band` can still answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from psycopg2 import sql

from orchestration.load.database import Cursor, Table
from orchestration.load.publish import WANTED

# Of a stretch of days with the same prices, the first and the last row are kept: they say since when and until when the price was seen.
# The last of all old rows is always kept; so what is removed depends on old rows alone, and thinning again removes nothing.
THIN = """
    DELETE FROM {table} t USING (
        SELECT part_official_name, car_type, extracted_at,
               lag(prices) OVER days AS earlier, prices, lead(prices) OVER days AS later
        FROM (SELECT part_official_name, car_type, extracted_at, (min_price, max_price, median_price)::text AS prices
              FROM {table} WHERE extracted_at < %(cutoff)s) old
        WINDOW days AS (PARTITION BY part_official_name, car_type ORDER BY extracted_at)
    ) old
    WHERE t.extracted_at < %(cutoff)s AND old.earlier = old.prices AND old.later = old.prices
      AND t.part_official_name = old.part_official_name AND t.car_type = old.car_type
      AND t.extracted_at = old.extracted_at
"""
# A day that is loaded again inside such a stretch divides it: the two halves get a row on the published days before and after it. A part
# that was not on sale on that day counts as if it had been, because no row is left that tells.
DIVIDE = f"""
    INSERT INTO {{table}} (part_official_name, car_type, extracted_at, min_price, max_price, median_price, offer_count,
                           source_count, updated_at)
    SELECT part_official_name, car_type, %(end)s, old.min_price, old.max_price, old.median_price, old.offer_count,
           old.source_count, now()
    FROM (SELECT DISTINCT ON (part_official_name, car_type) * FROM {{table}} WHERE extracted_at <= %(low)s
          ORDER BY part_official_name, car_type, extracted_at DESC) old
    JOIN (SELECT DISTINCT ON (part_official_name, car_type) * FROM {{table}}
          WHERE extracted_at >= %(high)s AND extracted_at < %(thinned)s
          ORDER BY part_official_name, car_type, extracted_at) later USING (part_official_name, car_type)
    LEFT JOIN {WANTED} USING (part_official_name, car_type)
    WHERE %(end)s NOT IN (old.extracted_at, later.extracted_at)
      AND (old.min_price, old.max_price, old.median_price) IS NOT DISTINCT FROM
          (later.min_price, later.max_price, later.median_price)
      AND CASE WHEN s.extracted_at IS NULL THEN %(dt)s IN (old.extracted_at, later.extracted_at)
          ELSE (s.min_price, s.max_price, s.median_price) IS DISTINCT FROM
               (old.min_price, old.max_price, old.median_price) END
"""  # noqa: S608


LONELY_DAYS = 366  # a day so much later than all others is a mistyped year, or the first after a very long pause
MOST_DAYS = 36_500  # a century; past it there is no day to count from


@dataclass(frozen=True)
class Keep:
    """`days` before the newest day stay whole; `older` says what stays of the days before those."""

    days: int = 31
    older: str = "changes"

    def __post_init__(self) -> None:
        if not 1 <= self.days <= MOST_DAYS or self.older not in ("changes", "nothing", "everything"):
            raise ValueError(
                f"Keeping {self.days} days and '{self.older}' of older ones is not possible: "
                f"days must be from 1 to {MOST_DAYS}, older one of changes, nothing, everything."
            )


def expire(cursor: Cursor, table: Table, dt: str, keep: Keep) -> int:
    """Removes what the setting does not keep and returns the number of rows. The day just loaded is never emptied."""
    newest = _newest_row(cursor, table, date.max) or date.fromisoformat(dt)
    # A row with a day far in the future must not push every real day out of the window.
    before = _published(cursor, table, "max", date.min, date.max)
    newest = _without_lonely(cursor, table, min(newest, max(filter(None, (before, date.fromisoformat(dt))))))
    before = before and _without_lonely(cursor, table, before)
    cutoff = _moved(newest, -keep.days)
    if keep.older == "nothing":
        delete = sql.SQL("DELETE FROM {} WHERE extracted_at < %s AND extracted_at <> %s").format(table.identifier)
        cursor.execute(delete, (cutoff, dt))
    elif keep.older == "everything" or not _something_aged(cursor, table, dt, before, cutoff, keep):
        return 0
    else:
        cursor.execute(sql.SQL(THIN).format(table=table.identifier), {"cutoff": cutoff})
    return int(cursor.rowcount)


def divide_stretches(cursor: Cursor, table: Table, stage: sql.Identifier, dt: str, keep: Keep) -> None:
    """Before a day whose neighbours were thinned is written again: keeps its new prices to itself."""
    day, newest = date.fromisoformat(dt), _published(cursor, table, "max", date.min, date.max)
    newest = newest and _without_lonely(cursor, table, newest)
    thinned = _moved(newest, -keep.days) if newest else date.min
    if keep.older != "changes" or day >= thinned:
        return
    for end in (
        _published(cursor, table, "max", date.min, _moved(day, -1)),
        _published(cursor, table, "min", _moved(day, 1), date.max),
    ):
        if end:
            values = {"dt": day, "end": end, "low": min(end, day), "high": max(end, day), "thinned": thinned}
            cursor.execute(sql.SQL(DIVIDE).format(table=table.identifier, stage=stage), values)


def _without_lonely(cursor: Cursor, table: Table, day: date) -> date:
    """The newest day up to this one that has company: with a year mistyped in a load, all real days would leave the window."""
    while True:
        earlier = _newest_row(cursor, table, _moved(day, -1))
        if earlier is None or (day - earlier).days <= LONELY_DAYS:
            return day
        day = earlier


def _newest_row(cursor: Cursor, table: Table, until: date) -> date | None:
    """The newest day up to one. A table that was taken over may have years that Python has not, such as 20261 or 44 BC."""
    query = sql.SQL("SELECT max(extracted_at) FROM {} WHERE extracted_at BETWEEN %s AND %s").format(table.identifier)
    cursor.execute(query, (date.min, until))
    found: date | None = cursor.fetchone()[0]
    return found


def _moved(day: date, days: int) -> date:
    """A day so many days later, or the last or first there is: a mistyped year must not end in a stack trace."""
    return date.fromordinal(min(max(day.toordinal() + days, date.min.toordinal()), date.max.toordinal()))


def _published(cursor: Cursor, table: Table, which: str, first: date, last: date) -> date | None:
    """The first (`min`) or last (`max`) of the days from one to another that was loaded."""
    query = (
        "SELECT {}(dt) FROM {} WHERE table_name = %s AND verdict IN ('published', 'unchanged') AND dt BETWEEN %s AND %s"
    )
    values = (table.name, first, last)
    cursor.execute(sql.SQL(query).format(sql.SQL(which), table.beside("load_history")), values)
    found: date | None = cursor.fetchone()[0]
    return found


def _something_aged(cursor: Cursor, table: Table, dt: str, before: date | None, cutoff: date, keep: Keep) -> bool:
    """Whether any day left the window since the last load, so that a rerun does not sort the whole history again."""
    if date.fromisoformat(dt) < cutoff:
        return True
    since = _moved(before, -keep.days) if before else date.min
    cursor.execute(
        sql.SQL("SELECT EXISTS (SELECT FROM {} WHERE extracted_at >= %s AND extracted_at < %s)").format(
            table.identifier
        ),
        (since, cutoff),
    )
    return bool(cursor.fetchone()[0])
