"""A year of 1 million units x 40 postings: one passport, the close of the year, its export and verification.

The year is made up (two products of the starter park, ten meters of a line, a day's units in its intervals) but lies in
a ledger like any other: journal, hash chain, Parquet. No free system closes such a ledger, so there is no peer; the
same close on Spark stands beside it and must give the same integers. Each figure is of a process of its own.

    python bench/year.py                         # the whole year; the ledger is kept in --keep, made once
    python bench/year.py --units 50000 --days 73 # smaller
    python bench/year.py --make-s 240            # stop making days after that time; call again to go on
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from parkwright.carbon import consumed, passport, roster, transfer
from parkwright.carbon.attribution import Ints, apportion_groups
from parkwright.model.park import Park
from parkwright.model.tables import (
    BOOKS,
    JOB_ORDERS,
    JOBS,
    PASSAGES,
    POSTINGS,
    READINGS,
    TABLES,
    TIME,
    VERDICTS,
    conform,
)
from parkwright.run.ports import Batch
from parkwright.show.answers.passport import passport as passport_of
from parkwright.store import folder, lake, new
from parkwright.store.journal import Journal
from parkwright.wire.places import Places

YEAR, PARK_ID, QUARTERS, METERS, ASKED = 2026, "SM", 96, 9, 1000
PASSPORT_MS, CLOSE_S, EXPORT_S = 20.0, 60.0, 300.0
MASTER = "local-cluster[2,1,1024]"
MEASURES = (("electricity", "physical", 1.0), ("co2e", "location", 679.6), ("co2e", "market", 609.6),
            ("cny", "tariff", 0.007))  # fmt: skip
"""Commodity, view and what a milliwatt-hour is of it, of the size of a park's own."""


def day_of(park: Park, day: date, units: int) -> dict[str, pl.DataFrame]:
    """Return a day's facts: 41 postings a unit: nine metered steps and one overhead in four measures, materials."""
    rng = np.random.default_rng(day.toordinal())
    first = park.midnight(day).astimezone(UTC)
    stamp = f"{day:%y%m%d}"
    names = np.array([f"{PARK_ID}-{stamp}-L1-{n:05d}" for n in range(units)])
    step = np.arange(units * METERS) % METERS
    unit = np.arange(units * METERS) // METERS
    quarter = (unit * QUARTERS // units + step) % QUARTERS
    group = quarter * METERS + step
    order = np.lexsort((unit, group))
    line = park.work_centers[0]
    stations = [station.id for station in line.work_unit]
    finished = [product for product in park.products if product.kind == "finished"]
    job = np.arange(units) // 50
    jobs = pl.DataFrame({"job_id": [f"J-{stamp}-{n}" for n in range(job.max() + 1)]})
    jobs = jobs.with_columns(
        pl.col("job_id").str.replace("J", "O").alias("order_id"),
        pl.Series("product_id", [finished[n % len(finished)].id for n in range(jobs.height)]),
        segment_id=pl.lit("final"), family_id=pl.lit("f"), quantity=pl.lit(50), kit_ready=pl.lit(first).cast(TIME),
    )  # fmt: skip
    starts = pl.Series(np.datetime64(first.replace(tzinfo=None), "ms") + quarter * np.timedelta64(15 * 60_000, "ms"))
    starts = starts.dt.replace_time_zone("UTC").cast(TIME)
    passages = pl.DataFrame(
        {"unit_id": names[unit], "job_id": jobs["job_id"].to_numpy()[job[unit]], "segment_id": "final",
         "work_unit_id": np.array(stations)[step % len(stations)], "start": starts, "end": starts, "result": "ok"}
    ).with_columns(pl.col("end") + pl.duration(minutes=5))  # fmt: skip
    verdicts = pl.DataFrame({"unit_id": names, "segment_id": "final", "verdict": "good", "reason": "passed"})
    last = passages.group_by("unit_id").agg(pl.col("end").max().alias("at"))
    verdicts = conform(verdicts.join(last, on="unit_id").select(list(VERDICTS.schema)), VERDICTS)
    orders = jobs.select("order_id", "product_id", "quantity", release=pl.col("kit_ready"), due=pl.col("kit_ready"))
    orders = orders.with_columns(weight=pl.lit(1.0), market_id=pl.lit("stock"))
    postings = _postings(park, first, names, (group[order], unit[order]), rng)
    roster_rows = roster.of_day(park, passages, verdicts, jobs)
    span = {"start": pl.lit(first).cast(TIME), "end": pl.lit(first + timedelta(days=1)).cast(TIME)}
    materials = conform(consumed.posted(park, day, roster_rows).with_columns(**span), POSTINGS)
    postings = pl.concat([postings, materials])
    balances = transfer.condensed(postings)
    figures = {"units_good": float(units), "passports": float(units)}
    return {
        "job_orders": conform(orders.select(list(JOB_ORDERS.schema)), JOB_ORDERS),
        "jobs": conform(jobs.select(list(JOBS.schema)), JOBS),
        "passages": conform(passages, PASSAGES),
        "verdicts": verdicts,
        "readings": READINGS.empty(),
        "postings": postings,
        "passports": passport.of_units(roster_rows, balances, "final"),
        "books": pl.DataFrame([(day.isoformat(), *row) for row in figures.items()], schema=BOOKS.schema, orient="row"),
    }


def _postings(
    park: Park, first: datetime, names: Ints, shares: tuple[Ints, Ints], rng: np.random.Generator
) -> pl.DataFrame:
    """Return the postings of a day: each metered quarter to its units and to idle, then idle to all units."""
    group, unit = shares
    present, at = np.unique(group, return_index=True)
    sizes = np.diff(np.append(at, group.size))
    starts = np.cumsum(sizes + 1) - (sizes + 1)
    members = np.insert(unit, at + sizes, -1)
    accounts = np.append(np.char.add("unit:", names), "idle:L1")[members]
    of_journal = np.repeat(np.arange(present.size), sizes + 1)
    weights = rng.integers(1, 600_000, members.size)
    energy = rng.integers(10**7, 10**9, present.size)
    stamps = np.datetime64(first.replace(tzinfo=None), "ms") + (present // METERS) * np.timedelta64(15 * 60_000, "ms")
    refs = np.array([f"meter-{g % METERS}@{g // METERS}" for g in present])
    everyone = np.append(np.char.add("unit:", names), "idle:L1")
    editions = {"location": park.site.accounting_grid_factor, "market": park.site.residual_grid_factor}
    found, day = [], f"{first:%Y-%m-%d}"
    for commodity, view, factor in MEASURES:
        whole = np.rint(energy * factor).astype(np.int64)
        amount = apportion_groups(whole, starts, weights)
        idle = int(amount[members == -1].sum())
        over = np.append(apportion_groups(np.array([idle]), np.array([0]), np.ones(names.size, np.int64)), -idle)
        journal = [f"{day}/{view}/{ref}" for ref in refs]
        overhead = {"journal_id": f"{day}/overhead/{view}", "method_id": transfer.OVERHEAD, "activity_ref": "idle:L1"}
        for accs, quantity, name, at_instant, method, ref in (
            (accounts, amount, np.array(journal)[of_journal], stamps[of_journal], "shared", refs[of_journal]),
            (np.full(present.size, "source:grid"), -whole, journal, stamps, "metered", refs),
            (everyone, over, overhead["journal_id"], stamps[0], overhead["method_id"], overhead["activity_ref"]),
        ):
            found.append(
                pl.DataFrame({"account": accs, "quantity": quantity}).with_columns(
                    journal_id=pl.Series(name) if not isinstance(name, str) else pl.lit(name),
                    commodity=pl.lit(commodity), view=pl.lit(view), factor_id=pl.lit(editions.get(view), pl.String),
                    start=pl.Series(np.broadcast_to(at_instant, quantity.shape)).dt.replace_time_zone("UTC"),
                    method_id=pl.lit(method),
                    activity_ref=pl.Series(ref) if not isinstance(ref, str) else pl.lit(ref),
                )
            )  # fmt: skip
    rows = pl.concat(found).with_columns((pl.col("start") + pl.duration(minutes=15)).alias("end"))
    return conform(rows.select(list(POSTINGS.schema)), POSTINGS)


def make(park: Park, journal_path: Path, days: list[date], units: int, limit_s: float) -> int:
    """Put the days that are not there yet into the ledger, as long as the time lasts; return how many it now has."""
    begun = time.perf_counter()
    with Journal(journal_path) as journal:
        there = set(journal.days("books"))
    for number, day in enumerate(days):
        if day.isoformat() in there:
            continue
        if time.perf_counter() - begun > limit_s:
            break
        share = units * (number + 1) // len(days) - units * number // len(days)
        facts, iso = day_of(park, day, share), day.isoformat()
        with Journal(journal_path) as journal:
            batches = [Batch(f"bench/{kind}", iso, 0, kind, iso, facts[kind]) for kind in TABLES if kind in facts]
            journal.append(batches, park.midnight(day) + timedelta(days=1))
        lake.compact(journal_path, iso, 0.0)
        there.add(iso)
    return len(there)


MEASURED = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:])
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(f"\\n{used.ru_utime + used.ru_stime:.2f} {used.ru_maxrss / 1024:.0f}", file=sys.stderr)
sys.exit(done.returncode)
"""


def asked(*words: str) -> tuple[str, float, str]:
    """Run parkwright or a script in a process of its own; return what it printed, seconds, CPU and peak memory."""
    begun = time.perf_counter()
    program = [sys.executable, "-c", MEASURED, sys.executable, *words]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    wall = time.perf_counter() - begun
    if done.returncode:
        raise SystemExit(f"{' '.join(words)}: {done.stderr[-2000:]}")
    worked, memory = done.stderr.split()[-2:]
    return done.stdout, wall, f"{worked} CPU s, {memory} MB"


def line(name: str, amount: str, more: str = "") -> None:
    """Print a figure."""
    print(f"{name:<30} {amount:>12} {more}", flush=True)


def passports(park: Park, journal_path: Path, days: list[str]) -> None:
    """Print how long a unit's passport takes, over units of the whole year."""
    rng = np.random.default_rng(1)
    with Journal.reader(journal_path) as facts:
        units = []
        for day in rng.choice(days, 25):
            held = facts.read("passports", str(day))["unit_id"]
            units += [held[int(n)] for n in rng.integers(0, len(held), ASKED // 25)]
        passport_of(park, facts, units[0])
        spent, worked = [], []
        for name in units:
            begun, working = time.perf_counter(), time.process_time()
            found = passport_of(park, facts, name)
            spent.append(1000 * (time.perf_counter() - begun))
            worked.append(1000 * (time.process_time() - working))
            if found is None or not found.carbon.location_ug:
                raise SystemExit(f"{name}: has no passport")
    for what, each in (("", spent), (", CPU", worked)):
        low, high = np.percentile(each, [50, 99])
        line(
            f"one passport of {len(units):,}{what}",
            f"{low:.1f} ms",
            f"median, {high:.1f} ms p99 (bar {PASSPORT_MS:.0f})",
        )


def close(home: Path, with_spark: bool) -> None:
    """Print how long the close of the year takes, that it is whole, and that Spark gives the same integers."""
    words = ["-m", "parkwright.cli", "carbon", "year", str(home / "park"), "--var", str(home / "var"), "--json"]
    words += ["--year", str(YEAR)]
    told, wall, memory = asked(*words)
    closed = json.loads(told)
    proofs = closed["proofs"]
    line("year closed, DuckDB", f"{wall:.1f} s", f"(bar {CLOSE_S:.0f}), {memory}, {closed['units']:,} units")
    line("journal sums, not 0", f"{proofs['journal_sums']:,}", f"{proofs['unbalanced']}")
    line("beyond the passports", f"{sum(map(abs, proofs['beyond_passports'].values()))}")
    if not with_spark:
        return
    try:
        told, wall, memory = asked(*words, "--engine", "spark", "--master", MASTER)
    except SystemExit as error:
        line("year closed, Spark", "not run:", str(error).strip().splitlines()[-2][-150:])
        return
    same = {**json.loads(told), "engine": "duckdb"} == closed
    line("year closed, Spark", f"{wall:.1f} s", f"{memory}, {'the same integers' if same else 'OTHER FIGURES'}")


def inventory(home: Path, span: list[str]) -> None:
    """Print how long the inventory of the year takes."""
    words = ["-m", "parkwright.cli", "carbon", "inventory", str(home / "park"), "--var", str(home / "var"), "--json"]
    _, wall, memory = asked(*words, *span)
    line("inventory of the year", f"{wall:.1f} s", memory)


def export(home: Path, span: list[str]) -> None:
    """Print how long it takes to export the year and to verify the bundle without parkwright."""
    target = home / "bundle"
    words = ["-m", "parkwright.cli", "carbon", "export", str(home / "park"), str(target), "--var", str(home / "var")]
    _, first, memory = asked(*words, *span)
    size = sum(file.stat().st_size for file in target.rglob("*") if file.is_file())
    told, second, checked = asked(str(target / "verifier.py"), str(target))
    line("export", f"{first:.1f} s", f"{memory}, {size / 1e9:.2f} GB")
    line("verification without us", f"{second:.1f} s", checked)
    line("both", f"{first + second:.1f} s", f"(bar {EXPORT_S:.0f}): {told.split(',')[0]}")


def main() -> None:
    """Make the year where it is not there yet, and print each figure beside its bar."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--units", type=int, default=1_000_000)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--keep", type=Path, help="folder of the ledger; a temporary one where left out")
    parser.add_argument("--make-s", type=float, default=float("inf"), help="time for making days [s]")
    parser.add_argument("--only", default="passport,close,spark,inventory,export", help="which figures")
    given = parser.parse_args()
    home = given.keep or Path(tempfile.mkdtemp())
    if not (home / "park").exists():
        new.write_park(home / "park", PARK_ID)
    park, journal = folder.load(home / "park"), Places(home / "var", PARK_ID).journal
    journal.parent.mkdir(parents=True, exist_ok=True)
    days = [date(YEAR, 1, 1) + timedelta(days=n) for n in range(given.days)]
    begun = time.perf_counter()
    made = make(park, journal, days, given.units, given.make_s)
    size = sum(file.stat().st_size for file in (home / "var").rglob("*") if file.is_file())
    line("days made", f"{made} of {given.days}", f"in {time.perf_counter() - begun:.0f} s, {size / 1e6:.0f} MB")
    if made < given.days:
        return
    span = ["--from", days[0].isoformat(), "--to", days[-1].isoformat()]
    if "passport" in given.only:
        passports(park, journal, [day.isoformat() for day in days])
    if "close" in given.only:
        close(home, "spark" in given.only)
    if "inventory" in given.only:
        inventory(home, span)
    if "export" in given.only:
        export(home, span)


if __name__ == "__main__":
    main()
