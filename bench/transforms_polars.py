"""The rules of transforms/ once more as a plain Polars script, to have something fast to be compared with, row for row.

`python -m bench.transforms_polars ROOT DT…` reads the raw offers of each day below ROOT and writes parquet below ROOT/polars.
It shares the parsers of single texts and the patterns of plain ones, nothing else.
"""

from __future__ import annotations

import gzip
import sys
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from transforms import names
from transforms.cars import read_cell
from transforms.outliers import HISTORY_DAYS, LONG_HELD_DAYS, SetAside
from transforms.part_numbers import read_part_numbers
from transforms.prices import bounds, read_price
from transforms.texts import PLAIN_PART_NO, PLAIN_PHONE, PLAIN_PRICE, SECOND_HALF_HAS_A_DIGIT

FIELDS = "url source dt run_id fetched_at category name official_name part_no price_text applicable_text".split()
OFFER = pl.Struct({**dict.fromkeys(FIELDS, pl.String), "attempt": pl.Int64})
SHOPS = ("partsro", "hyunki_store", "hyunki_market")
KEY, SHOP_PART = ["part_no", "car_type"], ["source", "part_no"]
NEAR, FAR, SCALED = pl.lit(10.0).log() / 2, pl.lit(6.0).log(), 3.5 * 1.4826
NO_CHANGES = {"source": pl.String, "part_no": pl.String, "valid_from": pl.String, "valid_to": pl.String,
              "old_price_krw": pl.Int32, "new_price_krw": pl.Int32}  # fmt: skip


def day(root: Path, dt: str) -> None:
    out = root / "polars"
    read = judged(pages(root, dt))
    offers = clean(read)
    save(offers, out, "clean_offers", dt)
    save(read.filter(pl.col("reason").is_not_null()).select("source", "url", "reason", "raw"), out, "rejected", dt)
    changes_file = out / "price_changes.parquet"
    changes = pl.read_parquet(changes_file) if changes_file.exists() else pl.DataFrame(schema=NO_CHANGES)
    aside = set_aside(offers, changes, dt)
    save(aside, out, "price_set_aside", dt)
    flagged = offers.join(aside.select("url", "part_no", aside=True), on=["url", "part_no"], how="left").with_columns(
        pl.col("aside").fill_null(False)
    )
    known_as = canonical_names(flagged)
    save(known_as, out, "part_no_canonical_name", dt)
    kept = flagged.filter(~pl.col("aside"))
    held = flagged.group_by(KEY).agg(pl.col("aside").sum().cast(pl.Int32).alias("set_aside_count"))
    save(band(kept, KEY).join(held, on=KEY), out, "part_price_band", dt)
    named = kept.join(known_as, on=KEY).rename({"canonical_name": "part_official_name"})
    save(band(named, ["part_official_name", "car_type"]), out, "name_price_summary", dt)
    appended(changes, flagged, dt).write_parquet(changes_file)


def save(frame: pl.DataFrame, out: Path, table: str, dt: str) -> None:
    (out / table).mkdir(parents=True, exist_ok=True)
    frame.write_parquet(out / table / f"{dt}.parquet")


def pages(root: Path, dt: str) -> pl.DataFrame:
    """The newest fetch of each URL."""
    frames = []
    for file in sorted((root / "raw").glob(f"*/offers/dt={dt}/*/*.jsonl.gz")):
        lines = pl.Series("raw", gzip.decompress(file.read_bytes()).decode().splitlines())
        frames.append(pl.DataFrame([lines, lines.str.json_decode(OFFER).alias("offer")]).unnest("offer"))
    found = pl.concat(frames)
    if found.select("source", "url").is_duplicated().any():
        found = found.sort("fetched_at", "attempt", "run_id", "raw").unique(["source", "url"], keep="last")
    filled = pl.when(pl.col("part_no").str.strip_chars() != "").then("part_no")
    return found.with_columns(
        car_cell=pl.col("applicable_text").fill_null(""),
        part_cell=pl.coalesce(filled, "official_name", "name", pl.lit("")),
        price_cell=pl.col("price_text").fill_null(""),
    )


def judged(found: pl.DataFrame) -> pl.DataFrame:
    part, price = pl.col("part_cell"), pl.col("price_cell")
    is_number = part.str.contains(PLAIN_PART_NO) & part.str.contains(SECOND_HALF_HAS_A_DIGIT)
    is_plain = is_number & ~part.str.contains(PLAIN_PHONE)
    has_won = price.str.contains(PLAIN_PRICE)
    won = pl.when(has_won).then(price.str.replace_all("[,원]", "")).cast(pl.Int32)
    limits = bounds()
    own = found.with_columns(
        plain_part=pl.when(is_plain).then(part.str.replace_all("-", "", literal=True)),
        plain_krw=pl.when(won.is_between(limits.lowest_krw, limits.highest_krw)).then(won),
    )
    parts = part_readings(own.filter(pl.col("plain_part").is_null())["part_cell"].unique().to_list())
    prices = price_readings(own.filter(pl.col("plain_krw").is_null())["price_cell"].unique().to_list())
    read = own.join(parts, on="part_cell", how="left").join(prices, on="price_cell", how="left")
    return with_reason(read.with_columns(quantity=pl.col("quantity").fill_null(1), name=offer_name()))


def with_reason(read: pl.DataFrame) -> pl.DataFrame:
    krw = pl.coalesce("plain_krw", "read_krw").cast(pl.Int64)
    unit = ((2 * krw + pl.col("quantity")) // (2 * pl.col("quantity"))).cast(pl.Int32)
    priced = read.with_columns(part_no=pl.coalesce("plain_part", "read_part_no"), price_krw=unit)
    is_cheap = pl.when(pl.col("price_krw") < bounds().lowest_krw).then(pl.lit("price_too_low"))
    is_nameless = pl.when(pl.col("name").is_null()).then(pl.lit("name_missing"))
    name = pl.col("name")
    spoilt = name.str.contains(f"{names.CONTROL}|{names.DECOMPOSED_HANGUL}|{names.STAND_INS}")
    unusable = spoilt | ~name.str.contains(names.LETTER) | (name.str.len_chars() > names.LONGEST)
    is_no_name = pl.when(unusable).then(pl.lit("name_not_recognised"))
    return priced.with_columns(reason=pl.coalesce("part_reason", "price_reason", is_cheap, is_nameless, is_no_name))


def part_readings(texts: list[str]) -> pl.DataFrame:
    rows = []
    for text in texts:
        found = read_part_numbers(text)
        one = found.parts[0] if len(found.parts) == 1 else (None, None, None)
        rows.append((text, *one, None if len(found.parts) == 1 else str(found.reason or "part_no_several")))
    schema = {"part_cell": pl.String, "read_part_no": pl.String, "quantity": pl.Int32, "superseded_by": pl.String,
              "part_reason": pl.String}  # fmt: skip
    return pl.DataFrame(rows, schema=schema, orient="row")


def price_readings(texts: list[str]) -> pl.DataFrame:
    rows = [(text, krw, reason and str(reason)) for text in texts for krw, reason in [read_price(text)]]
    return pl.DataFrame(
        rows, schema={"price_cell": pl.String, "read_krw": pl.Int32, "price_reason": pl.String}, orient="row"
    )


def offer_name() -> pl.Expr:
    folded = [
        pl.col(name).str.replace_all(names.INVISIBLE, "").str.replace_all(names.BLANKS, " ").str.strip_chars(" ")
        for name in ("official_name", "name")
    ]
    own = pl.coalesce(*(pl.when(name != "").then(name) for name in folded))
    bare = own.str.replace_all(names.BRACKETS_BEHIND, "")
    opened = bare.str.replace_all(names.GENUINE, "")
    named = opened.str.replace_all(names.PART_NO_BEHIND, "").str.strip_chars(" ")
    return pl.when(named != "").then(named).otherwise(own)


def clean(read: pl.DataFrame) -> pl.DataFrame:
    """One row for each car of an accepted page."""
    texts = read["car_cell"].unique().to_list()
    fields = ("car_type", "car_type_match", "car_text", "first_year", "last_year")
    readings = [(text, *(getattr(car, name) for name in fields)) for text in texts for car in read_cell(text)]
    schema = {"car_cell": pl.String, **dict.fromkeys(fields[:3], pl.String), **dict.fromkeys(fields[3:], pl.Int32)}
    cars = pl.DataFrame(readings, schema=schema, orient="row")
    columns = ["source", "url", "part_no", "name", "price_krw", *fields, "quantity", "superseded_by", "category"]
    return read.filter(pl.col("reason").is_null()).join(cars, on="car_cell").select(columns)


def history(changes: pl.DataFrame, dt: str) -> pl.DataFrame:
    """For each shop the price it asked on most of the last days, twice when it held long."""
    first = (date.fromisoformat(dt) - timedelta(days=HISTORY_DAYS)).isoformat()
    end = pl.col("valid_to").fill_null(dt)
    recent = changes.filter((pl.col("valid_from") < dt) & (end > first))
    begins = pl.max_horizontal("valid_from", pl.lit(first)).str.to_date()
    ends = pl.min_horizontal(end, pl.lit(dt)).str.to_date()
    held = recent.group_by(*SHOP_PART, pl.col("new_price_krw").alias("price_krw")).agg(
        (ends - begins).dt.total_days().sum().alias("days"), pl.col("valid_from").max()
    )
    usual = held.sort("days", "valid_from", "price_krw").group_by(SHOP_PART).last()
    long_held = usual.filter(pl.col("days") >= LONG_HELD_DAYS)
    return pl.concat([usual, long_held]).select("part_no", "price_krw")


def set_aside(offers: pl.DataFrame, changes: pl.DataFrame, dt: str) -> pl.DataFrame:
    observed = offers.select("source", "url", "part_no", "price_krw").unique()
    every = pl.concat([observed.select("part_no", "price_krw"), history(changes, dt)])
    logs = every.with_columns(log=pl.col("price_krw").cast(pl.Float64).log())
    log = pl.col("log")
    apart = logs.group_by("part_no").agg(low=log.min(), high=log.max(), compared_count=pl.len().cast(pl.Int32))
    apart = apart.filter((pl.col("compared_count") >= 3) & (pl.col("high") - pl.col("low") > NEAR))
    told = logs.join(apart.select("part_no"), on="part_no", how="semi")
    distance = (log - log.median()).abs()
    spread = told.group_by("part_no").agg(
        log.median().alias("centre"), distance.median().alias("deviation"), (distance < NEAR).sum().alias("agreeing"),
        pl.len().cast(pl.Int32).alias("compared_count"),
    )  # fmt: skip
    agreed = spread.filter(pl.col("agreeing") * 2 > pl.col("compared_count"))
    limit = pl.max_horizontal(NEAR, pl.min_horizontal(FAR, pl.col("deviation") * SCALED))
    difference = pl.col("price_krw").cast(pl.Float64).log() - pl.col("centre")
    far = observed.join(agreed, on="part_no").filter(difference.abs() > limit)
    above, below = pl.lit(SetAside.FAR_ABOVE.value), pl.lit(SetAside.FAR_BELOW.value)
    expected = pl.col("centre").exp().round().cast(pl.Int32)
    return far.select(
        "source", "url", "part_no", "price_krw", expected.alias("expected_krw"), "compared_count",
        pl.when(difference > 0).then(above).otherwise(below).alias("reason"),
    )  # fmt: skip


def band(kept: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    price = pl.col("price_krw")
    low, high = (price.cast(pl.Int64).quantile(0.5, interpolation=side) for side in ("lower", "higher"))
    return kept.group_by(key).agg(
        price.min().alias("min_price"), price.max().alias("max_price"),
        ((low.cast(pl.Int64) + high.cast(pl.Int64) + 1) // 2).cast(pl.Int32).alias("median_price"),
        pl.len().cast(pl.Int32).alias("offer_count"), pl.col("source").n_unique().cast(pl.Int32).alias("source_count"),
    )  # fmt: skip


def canonical_names(offers: pl.DataFrame) -> pl.DataFrame:
    rank = pl.col("source").replace_strict(dict(zip(SHOPS, range(len(SHOPS)), strict=True)), default=len(SHOPS))
    counted = offers.group_by(*KEY, "source", "name").agg(pl.len().alias("offers")).with_columns(rank=rank)
    best = counted.sort("rank", "source", "offers", "name", descending=[False, False, True, False])
    return best.group_by(KEY).agg(pl.col("name").first().alias("canonical_name"))


def appended(changes: pl.DataFrame, flagged: pl.DataFrame, dt: str) -> pl.DataFrame:
    accepted = pl.col("price_krw").filter(~pl.col("aside")).min()
    shown = flagged.group_by(SHOP_PART).agg(pl.coalesce(accepted, pl.col("price_krw").min()).alias("new_price_krw"))
    in_force = changes.filter(pl.col("valid_to").is_null()).select(*SHOP_PART, old_price_krw="new_price_krw")
    compared = shown.join(in_force, on=SHOP_PART, how="left")
    differing = compared.filter(pl.col("new_price_krw").ne_missing(pl.col("old_price_krw")))
    new = differing.select(*SHOP_PART, valid_from=pl.lit(dt), valid_to=pl.lit(None, pl.String), old_price_krw="old_price_krw",
                           new_price_krw="new_price_krw")  # fmt: skip
    ended = changes.join(new.select(*SHOP_PART, ended=True), on=SHOP_PART, how="left").with_columns(
        valid_to=pl.when(pl.col("valid_to").is_null() & pl.col("ended")).then(pl.lit(dt)).otherwise("valid_to")
    )
    return pl.concat([ended.drop("ended"), new])


if __name__ == "__main__":
    for asked in sys.argv[2:]:
        day(Path(sys.argv[1]), asked)
