"""Series in a park folder: weather against the site, given orders, imported meters."""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import PurePath
from zoneinfo import ZoneInfo

import polars as pl

from parkwright.model.plant import Meter, MeterFile
from parkwright.model.product import Market, OrderPattern, Product
from parkwright.model.site import Site, WorkCenter
from parkwright.model.tables import JOB_ORDERS, TIME, conform
from parkwright.store.draft import Draft, Placed
from parkwright.store.explain import suggest
from parkwright.store.layout import ORDERS_FILE, WEATHER_FILE
from parkwright.store.parse import Place
from parkwright.store.rules.place import is_zone
from parkwright.store.rules.reference import refer

MAX_GAPS = 20
"""Gaps of one file that are reported one by one."""

NEAR_DEG = 2.0
"""A weather station farther from the site than this, in latitude or longitude, is taken for a mistake."""


def check_weather(draft: Draft) -> None:
    """Report weather of another place or time zone than the site's."""
    site, station = draft.one(Site), draft.station
    if site is None or station is None:
        return
    place = Place(WEATHER_FILE, 1)
    if abs(site.latitude - station.latitude) > NEAR_DEG or abs(site.longitude - station.longitude) > NEAR_DEG:
        there, here = f"{station.latitude:g}, {station.longitude:g}", f"{site.latitude:g}, {site.longitude:g}"
        found = f"station at {there}; the site is at {here}"
        draft.reader.report(place, "LOCATION", found, "give the weather of the site, or mend its position")
    if is_zone(site.timezone):
        zone_h = _standard_h(ZoneInfo(site.timezone))
        if abs(zone_h - station.zone_h) > 0.01:
            found = f"hours are of UTC{station.zone_h:+g}, the site's standard time is UTC{zone_h:+g}"
            draft.reader.report(place, "LOCATION", found, "give weather in the site's standard time")


def _standard_h(zone: ZoneInfo) -> float:
    """Return the standard time of a zone in hours east of Greenwich: the lesser offset of January and July."""
    offsets = [datetime(2026, month, 1, tzinfo=zone).utcoffset() or timedelta(0) for month in (1, 7)]
    return min(offsets).total_seconds() / 3600


def check_orders(draft: Draft, present: bool) -> None:
    """Read orders.csv into `draft.orders` and report what is wrong with it; report a park without any orders."""
    if present:
        _orders(draft)
    elif draft.of(WorkCenter) and not draft.of(OrderPattern) and draft.whole(OrderPattern):
        way_out = "add [order_pattern] to park.toml, or orders.csv"
        draft.reader.report(Place("park.toml"), "orders", "are missing, but there are lines", way_out)


def _orders(draft: Draft) -> None:
    raw = _csv(draft, ORDERS_FILE, list(JOB_ORDERS.schema), only=True)
    if raw is None:
        return
    zoned = r"([+-]\d{2}:?\d{2}|Z)$"
    frame = raw.with_columns(
        pl.col("quantity").cast(pl.Int64, strict=False),
        pl.col("weight").cast(pl.Float64, strict=False),
        *(
            pl.when(pl.col(name).str.contains(zoned))
            .then(pl.col(name).str.to_datetime("%+", time_unit="ms", time_zone="UTC", strict=False))
            .otherwise(None)
            .alias(name)
            for name in ("release", "due")
        ),
    )
    products = [product.id for product in draft.nouns(Product)]
    markets = [*draft.known(Market), "stock"]
    rules: list[tuple[str, pl.Expr, str]] = [
        ("order_id", pl.col("order_id").fill_null("") == "", "give each order line an id"),
        ("order_id", pl.col("order_id").is_duplicated(), "give each order line its own id"),
        ("quantity", ~(pl.col("quantity").fill_null(0) >= 1), "give a whole number of units, at least 1"),
        ("weight", ~(pl.col("weight").fill_null(-1.0).is_between(0.0, 1e9)), "give CNY/h, at least 0"),
        (
            "release",
            pl.col("release").is_null(),
            "give ISO 8601 with UTC offset, for example 2026-07-15T06:00:00+08:00",
        ),
        ("due", pl.col("due").is_null(), "give ISO 8601 with UTC offset, for example 2026-07-15T22:00:00+08:00"),
        ("due", (pl.col("due") <= pl.col("release")).fill_null(False), "give a due time after the release"),
    ]
    if draft.whole(Product):
        rules.append(
            ("product_id", ~pl.col("product_id").is_in(products).fill_null(False), "name a product of this folder")
        )
    if draft.whole(Market):
        rules.append(("market_id", ~pl.col("market_id").is_in(markets).fill_null(False), "name a market, or stock"))
    held = [_holds(draft, ORDERS_FILE, raw, frame, *rule) for rule in rules]
    if all(held):
        draft.orders = conform(frame.with_columns(pl.col("release", "due").cast(TIME)), JOB_ORDERS)


def _holds(
    draft: Draft, file: str, raw: pl.DataFrame, frame: pl.DataFrame, key: str, bad: pl.Expr, way_out: str
) -> bool:
    """Report the first row of `frame` that a rule finds bad, with how many there are; return whether there is none."""
    rows = frame.select(bad.alias("bad"))["bad"].fill_null(True)
    if not rows.any():
        return True
    position = int(rows.arg_max() or 0)
    count = int(rows.sum())
    more = f" ({count} such rows)" if count > 1 else ""
    draft.reader.report(Place(file, position + 2), key, f"is '{raw[key][position] or ''}'{more}", way_out)
    return False


def _csv(draft: Draft, file: str, columns: list[str], only: bool) -> pl.DataFrame | None:
    """Return a CSV file with all cells as text; None (with a finding) when it cannot be read or lacks columns."""
    text = draft.reader.text(file)
    if text is None:
        return None
    try:
        raw = pl.read_csv(io.StringIO(text), infer_schema=False)
    except pl.exceptions.PolarsError as error:
        found = f"is no CSV ({str(error).splitlines()[0][:80]})"
        draft.reader.report(Place(file, 1), file, found, "give the same number of cells in each row")
        return None
    return raw if _has(draft, file, raw.columns, columns, only) else None


def _has(draft: Draft, file: str, given: list[str], wanted: list[str], only: bool) -> bool:
    missing = [name for name in wanted if name not in given]
    unknown = [name for name in given if name not in wanted] if only else []
    for name in missing:
        draft.reader.report(
            Place(file, 1), f"column '{name}'", "missing column", f"the file has {', '.join(given)[:120]}"
        )
    for name in unknown:
        draft.reader.report(Place(file, 1), f"column '{name}'", "unknown column", suggest(name, wanted))
    return not missing and not unknown


def check_imports(draft: Draft) -> None:
    """Report what is wrong with the files of metered data that imports.toml names."""
    site = draft.one(Site)
    for placed in draft.of(MeterFile):
        given, place = placed.noun, placed.place
        thing = f"meter_file '{given.file}'"
        refer(draft, place, thing, "meter_id", given.meter_id, Meter)
        if PurePath(given.file).name != given.file or given.file.startswith("."):
            draft.reader.report(
                place, f"{thing}: file", "leads out of the folder", "give a file name without path", "file"
            )
        elif PurePath(given.file).suffix not in (".csv", ".parquet"):
            draft.reader.report(place, f"{thing}: file", "is neither .csv nor .parquet", "convert it", "file")
        elif not (draft.reader.folder / given.file).exists():
            draft.reader.report(place, f"{thing}: file", "is not in the folder", "add it or mend the name", "file")
        elif site is not None:
            _series(draft, placed, timedelta(seconds=site.metering_interval_s))
    _shared_meter(draft)


def _shared_meter(draft: Draft) -> None:
    seen: dict[str, str] = {}
    for placed in draft.of(MeterFile):
        given = placed.noun
        if given.meter_id in seen and seen[given.meter_id] == given.file:
            thing = f"meter_file '{given.file}': meter_id"
            draft.reader.report(placed.place, thing, f"'{given.meter_id}' is read twice", "keep one", "meter_id")
        seen.setdefault(given.meter_id, given.file)


def _series(draft: Draft, placed: Placed[MeterFile], step: timedelta) -> None:
    given = placed.noun
    wanted = [given.time_column, given.value_column]
    raw = _table(draft, given.file, wanted)
    if raw is None:
        return
    if raw.is_empty():
        draft.reader.report(Place(given.file), given.file, "has no rows", "give at least one interval")
        return
    at = raw[given.time_column]
    if at.dtype == pl.String:
        at = at.str.to_datetime(given.time_format, time_unit="ms", strict=False)
    else:
        at = at.cast(pl.Datetime("ms"), strict=False)
    value = raw[given.value_column].cast(pl.Float64, strict=False)
    frame = pl.DataFrame({given.time_column: at, given.value_column: value})
    low = -1e15 if given.value_unit == "register_kWh" else 0.0
    numbers = ~pl.col(given.value_column).is_between(low, 1e15).fill_null(False)
    sound = _holds(
        draft, given.file, raw, frame, given.time_column, pl.col(given.time_column).is_null(),
        f"give times of the form {given.time_format}",
    )  # fmt: skip
    way_out = f"give a number of at least 0 in {given.value_unit}"
    sound = _holds(draft, given.file, raw, frame, given.value_column, numbers, way_out) and sound
    if sound:
        _gaps(draft, given.file, at, step)


def _table(draft: Draft, file: str, columns: list[str]) -> pl.DataFrame | None:
    if file.endswith(".csv"):
        return _csv(draft, file, columns, only=False)
    try:
        raw = pl.read_parquet(draft.reader.folder / file)
    except (pl.exceptions.PolarsError, OSError) as error:
        found = f"is no Parquet file ({str(error).splitlines()[0][:80]})"
        draft.reader.report(Place(file), file, found, "write it again")
        return None
    draft.reader.seen.add(file)
    return raw if _has(draft, file, raw.columns, columns, only=False) else None


def _gaps(draft: Draft, file: str, at: pl.Series, step: timedelta) -> None:
    """Report where the time stamps do not follow each other by one interval."""
    apart = at.diff()
    wrong = [position for position in (apart != step).arg_true().to_list() if position]
    for position in wrong[:MAX_GAPS]:
        before, after = at[position - 1], at[position]
        row, thing = Place(file, position + 2), f"interval {after:%Y-%m-%d %H:%M}"
        if after > before and (after - before) % step == timedelta(0):
            missing = (after - before) // step - 1
            first, last = before + step, after - step
            found = f"{missing} intervals are missing, {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M}"
            draft.reader.report(row, thing, found, "add them (an estimate is better than a gap)")
        else:
            found = f"does not follow {before:%Y-%m-%d %H:%M} by {step.total_seconds():g} s"
            draft.reader.report(row, thing, found, "sort the rows and keep one for each interval")
    if len(wrong) > MAX_GAPS:
        draft.reader.report(Place(file), file, f"has {len(wrong) - MAX_GAPS} more such places", "mend them too")


def strangers(draft: Draft, names: Iterable[str], known: Iterable[str]) -> None:
    """Report files of the folder that nothing reads, so that a misspelt name is not passed over in silence."""
    imported = {given.file for given in draft.nouns(MeterFile)} if draft.whole(MeterFile) else set(names)
    expected = {*known, *imported}
    for name in names:
        path = PurePath(name)
        if name not in expected and not name.startswith(".") and path.suffix not in (".md", ".txt", ""):
            draft.reader.report(Place(name), name, "is read by nothing", suggest(name, sorted(expected)))
