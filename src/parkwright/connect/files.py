"""Parks that are read from files: metered data in CSV or Parquet, and a plant that has no lines to steer."""

from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path

import polars as pl

from parkwright.energy import registers
from parkwright.energy.history import stuck_runs
from parkwright.model.errors import Finding, ParkError
from parkwright.model.park import Park
from parkwright.model.plant import MeterFile
from parkwright.model.tables import ALARMS, READINGS, TIME, conform
from parkwright.run.ports import Image, Orders, Receipts, Refusal

MWH_PER = {"mWh": 1, "Wh": 1000, "kWh": 1_000_000, "MWh": 1_000_000_000, "register_kWh": 1_000_000}
"""Milliwatt-hours in a unit (SI prefixes)."""
MOST_MWH = 2**53
"""Value above which no meter shows [mWh]: 9 TWh, and integers are exact in a double up to it (IEEE 754)."""
HOUR_S = 3600


class FilePlant:
    """A plant without lines: time passes, nothing can be asked of it. Implements the port Plant."""

    def __init__(self, start: datetime | None = None) -> None:
        """Begin at `start`; None begins with the first image."""
        self._at = start

    def sense(self, until: datetime) -> Image:
        """Return an image without rows.

        Raises ValueError when `until` lies before the last image.
        """
        if self._at is not None and until < self._at:
            raise ValueError(f"until: {until.isoformat()} lies before the last image, {self._at.isoformat()}")
        self._at = until
        return Image(until, {})

    def act(self, orders: Orders) -> Receipts:
        """Refuse every order by name: what is read from files cannot be steered."""
        things = [one.job_id for one in orders.call_offs] + [one.job_id for one in orders.releases]
        things += [one.work_center_id for one in orders.stops] + [one.asset_id for one in orders.set_points]
        things += [one.task_id for one in orders.transports]
        reason = "this park is read from files; there is no plant to steer"
        return Receipts(0, tuple(Refusal(thing, reason) for thing in things))


class FileMeters:
    """Metered data from the files that imports.toml names; implements the port Meters."""

    def __init__(self, park: Park, folder: Path, start: datetime | None = None) -> None:
        """Read the files in `folder`; readings begin with the interval that starts at `start`, None with the first.

        Raises ParkError when a file cannot be read, lacks a column or holds a cell that is no number or instant.
        """
        parts = [read(park, folder, one) for one in park.meter_files]
        whole = pl.concat([READINGS.empty(), *(part[0] for part in parts)]).sort("start", "meter_id")
        self._alarms = pl.concat([ALARMS.empty(), *(part[1] for part in parts)]).sort("at", "thing_id")
        self._step = timedelta(seconds=park.site.metering_interval_s)
        self._left = whole if start is None else whole.filter(pl.col("start") >= pl.lit(start).cast(TIME))

    def readings(self, until: datetime) -> pl.DataFrame:
        """Return the READINGS whose interval ends at or before `until` and that were not returned before."""
        ready = self._left.filter(pl.col("start") <= pl.lit(until - self._step).cast(TIME)).height
        found, self._left = self._left.head(ready), self._left.slice(ready)
        return found

    def acknowledge(self) -> None:
        """Do nothing: files keep what they hold."""

    def alarms(self) -> pl.DataFrame:
        """Return the ALARMS about the files since the last call: gaps, conflicts, stamps off the grid, stuck values."""
        found, self._alarms = self._alarms, ALARMS.empty()
        return found


def read(park: Park, folder: Path, source: MeterFile) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the READINGS of one file of metered data, and ALARMS about what was amended.

    Rows finer than the metering interval are added up, coarser ones are split evenly to the milliwatt-hour. Between
    the first and the last row, a missing interval takes that of a week before, a day before or the one before, and
    is marked estimated. A row off the grid of intervals counts in the interval in which it lies, and is named. A
    midnight row that ends its day but carries that day's date is put at its end. One value above zero for half a day is
    named and kept.

    Raises ParkError with a finding for each kind of row that cannot be read.
    """
    raw = _table(folder, source)
    at = _instants(park, source, raw[source.time_column])
    values = _values(source, raw[source.value_column])
    frame, alarms = _once(source, pl.DataFrame({"at": at, "mwh": values}), park)
    row_s = _row_s(frame["at"])
    if source.value_unit == "register_kWh":
        frame, more = _differences(park, source, frame)
        alarms += more
    elif source.label == "end":
        frame = frame.with_columns(pl.col("at").dt.offset_by(f"-{row_s}s"))
    alarms += _off_grid(frame, row_s, park.site.metering_interval_s)
    grid = _on_grid(frame, row_s, park.site.metering_interval_s)
    whole, gaps = _fill(grid, park.site.metering_interval_s)
    alarms += [(since, "file_gap", f"{count} intervals are missing and estimated") for since, count in gaps]
    alarms += _stuck(whole, park.site.metering_interval_s)
    readings = whole.select(
        pl.col("start"),
        pl.lit(source.meter_id).alias("meter_id"),
        pl.col("mwh").alias("energy_mwh_int"),
        pl.lit(None, dtype=pl.Float64).alias("value"),
        pl.col("quality"),
    )
    shown = [
        (when, kind, source.meter_id, 2, f"{source.file}: from {when.astimezone(park.zone):%Y-%m-%d %H:%M}: {text}")
        for when, kind, text in alarms
    ]
    return conform(readings, READINGS), conform(pl.DataFrame(shown, schema=ALARMS.schema, orient="row"), ALARMS)


def _refuse(source: MeterFile, row: int, thing: str, found: str, way_out: str) -> ParkError:
    return ParkError([Finding(source.file, row, thing, found, way_out)])


def _table(folder: Path, source: MeterFile) -> pl.DataFrame:
    """Return the two columns of a file, those of CSV as text."""
    path = folder / source.file
    wanted = [source.time_column, source.value_column]
    try:
        raw = pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_csv(path, infer_schema=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise _refuse(source, 0, "file", f"cannot be read ({type(error).__name__})", "give CSV or Parquet") from error
    missing = [name for name in wanted if name not in raw.columns]
    if missing:
        raise _refuse(source, 1, "columns", f"lacks {', '.join(missing)}", f"it has {', '.join(raw.columns)}")
    if raw.is_empty():
        raise _refuse(source, 0, "rows", "has none", "give at least two")
    return raw.select(wanted)


def _instants(park: Park, source: MeterFile, column: pl.Series) -> pl.Series:
    """Return the time stamps as aware UTC; stamps that carry an offset or a zone keep the instant that they name.

    Local stamps of the hour that comes twice in autumn belong to its second pass once they begin anew.
    """
    zone = park.site.timezone
    if column.dtype == pl.String:
        told = column.str.strip_chars().str.to_datetime(source.time_format, time_unit="ms", strict=False)
    else:
        told = column.cast(pl.Datetime("ms", getattr(column.dtype, "time_zone", None)))
    bare = getattr(told.dtype, "time_zone", None) is None
    local = told if bare else told.dt.convert_time_zone(zone)
    if source.label == "end":
        before = local.shift(1)
        midnight = local == local.dt.truncate("1d")
        same = (local.dt.date() == before.dt.date()).fill_null(False) & (before > local).fill_null(False)
        local = pl.select(pl.when(midnight & same).then(local.dt.offset_by("1d")).otherwise(local)).to_series()
    aware = _placed(local, zone) if bare else local
    if aware.null_count():
        row = int(aware.is_null().arg_max() or 0)
        way_out = (
            f"give instants as {source.time_format}"
            if local[row] is None
            else "the clocks leave that hour out; leave the row out, or write stamps with their offset (%z)"
        )
        raise _refuse(source, row + 2, source.time_column, f"is {column[row]!r:.40}", way_out)
    return aware.dt.convert_time_zone("UTC").cast(TIME)


def _placed(local: pl.Series, zone: str) -> pl.Series:
    """Return local stamps in their zone, null where the clocks leave them out."""
    first, last = (
        local.dt.replace_time_zone(zone, ambiguous=which, non_existent="null") for which in ("earliest", "latest")
    )
    twice = (first != last).fill_null(False)
    if not twice.any():
        return first
    step_s = local.diff().dt.total_seconds().abs().mode().sort()[0] or 0
    before = local.shift(1)
    again = twice & ((local < before) | ((local == before) & (step_s >= HOUR_S))).fill_null(False)
    frame = pl.DataFrame({"day": local.dt.date(), "again": again, "first": first, "last": last, "twice": twice})
    second = pl.col("twice") & (pl.col("again").cum_sum().over("day") > 0)
    return frame.select(pl.when(second).then("last").otherwise("first")).to_series()


def _values(source: MeterFile, column: pl.Series) -> pl.Series:
    """Return the values as integers [mWh], rounded half up where the text is finer."""
    scale, found = MWH_PER[source.value_unit], []
    for row, cell in enumerate(column.to_list()):
        try:
            exact = Fraction(str(cell).strip()) * scale
        except (ValueError, ZeroDivisionError) as error:
            raise _refuse(
                source, row + 2, source.value_column, f"is {cell!r:.40}", "give a number, with a point for decimals"
            ) from error
        if exact < 0:
            raise _refuse(source, row + 2, source.value_column, f"is {cell!r:.40}", "give 0 or more")
        if exact >= MOST_MWH:
            raise _refuse(
                source, row + 2, source.value_column, f"is {cell!r:.40}", "give what a meter can show, and its unit"
            )
        found.append(int(exact + Fraction(1, 2)))
    return pl.Series("mwh", found, dtype=pl.Int64)


Told = list[tuple[datetime, str, str]]


def _once(source: MeterFile, frame: pl.DataFrame, park: Park) -> tuple[pl.DataFrame, Told]:
    """Return the rows in order, one an instant; equal repeats are dropped, of different ones the later counts."""
    different = frame.group_by("at").agg(pl.col("mwh").n_unique().alias("values")).filter(pl.col("values") > 1)
    told = [(at, "file_conflict", "two values for one instant; the later row is used") for at in different["at"].sort()]
    single = frame.unique("at", keep="last", maintain_order=True).sort("at")
    if single.height < 2:
        raise _refuse(source, 0, "rows", f"has {single.height} instants", "give at least two")
    return single, told


def _row_s(at: pl.Series) -> int:
    """Return the usual distance between rows [s]."""
    steps = at.diff().drop_nulls().dt.total_seconds()
    return int(steps.mode().sort()[0])


def _differences(park: Park, source: MeterFile, frame: pl.DataFrame) -> tuple[pl.DataFrame, Told]:
    """Return the energy between the readings of a counter, by start; a fall that is no rollover is left out."""
    width = park.meter[source.meter_id].register_mwh_max
    step = pl.col("mwh").diff().shift(-1)
    high, low = registers.ROLLOVER_HIGH * width, registers.ROLLOVER_LOW * width
    rolled = (pl.col("mwh") >= high) & (pl.col("mwh").shift(-1) <= low)
    steps = frame.with_columns(pl.when(rolled).then(step + width).otherwise(step).alias("step")).head(-1)
    fell = steps.filter(pl.col("step") < 0)["at"]
    told = [(at, "meter_backwards", "the counter fell; the interval is estimated") for at in fell]
    return steps.filter(pl.col("step") >= 0).select("at", pl.col("step").alias("mwh")), told


def _off_grid(frame: pl.DataFrame, row_s: int, step_s: int) -> Told:
    """Return an alarm where rows do not begin on the grid of metering intervals, or of their even parts."""
    grid_s = row_s if step_s % row_s == 0 else step_s
    off = frame.filter(pl.col("at") != pl.col("at").dt.truncate(f"{grid_s}s"))["at"]
    if off.is_empty():
        return []
    text = f"{off.len()} rows begin off the grid of {grid_s} s; each counts in the interval in which it lies"
    return [(off[0], "file_off_grid", text)]


def _on_grid(frame: pl.DataFrame, row_s: int, step_s: int) -> pl.DataFrame:
    """Return the energy by metering interval (start, mwh); an interval of which rows are missing is left out."""
    if row_s > step_s:
        parts = row_s // step_s
        frame = frame.with_columns(pl.col("at").dt.truncate(f"{step_s}s"))
        each = [frame.with_columns(_part(k, parts), pl.col("at").dt.offset_by(f"{k * step_s}s")) for k in range(parts)]
        return pl.concat(each).group_by("at").agg(pl.col("mwh").sum()).rename({"at": "start"}).sort("start")
    whole = step_s // row_s
    groups = frame.group_by(pl.col("at").dt.truncate(f"{step_s}s").alias("start"), maintain_order=True)
    return groups.agg(pl.col("mwh").sum(), pl.len().alias("rows")).filter(pl.col("rows") >= whole).drop("rows")


def _stuck(whole: pl.DataFrame, step_s: int) -> Told:
    """Return an alarm for each run of one value above zero that no working meter shows; it is booked as it is."""
    measured = whole.select(pl.when(pl.col("quality") == "good").then(pl.col("mwh"))).to_series()
    runs = stuck_runs(measured.cast(pl.Float64).fill_null(float("nan")).to_numpy(), step_s)
    return [
        (whole["start"][low], "file_stuck",
         f"one value for {high - low} intervals; it is booked as it is and forecasts leave it out. Check the meter")
        for low, high in runs
    ]  # fmt: skip


def _part(k: int, parts: int) -> pl.Expr:
    """Return the k-th of the even parts of an integer; they add up to it."""
    return (pl.col("mwh") * (k + 1) // parts - pl.col("mwh") * k // parts).alias("mwh")


def _fill(grid: pl.DataFrame, step_s: int) -> tuple[pl.DataFrame, list[tuple[datetime, int]]]:
    """Return every interval from first to last (start, mwh, quality), and the gaps: first start and length."""
    first, last = grid["start"][0], grid["start"][-1]
    starts = pl.datetime_range(first, last, f"{step_s}s", time_unit="ms", eager=True).alias("start")
    whole = pl.DataFrame({"start": starts}).join(grid, on="start", how="left", maintain_order="left")
    missing = whole["mwh"].is_null()
    day = 86_400 // step_s
    filled = whole.with_columns(
        pl.coalesce(
            pl.col("mwh"), pl.col("mwh").shift(7 * day), pl.col("mwh").shift(day), pl.col("mwh").forward_fill()
        ),
        pl.when(missing).then(pl.lit("estimated")).otherwise(pl.lit("good")).alias("quality"),
    )
    gaps, length = [], 0
    for row, gone in enumerate([*missing.to_list(), False]):
        length = length + 1 if gone else length
        if length and not gone:
            gaps.append((starts[row - length], length))
            length = 0
    return filled, gaps
