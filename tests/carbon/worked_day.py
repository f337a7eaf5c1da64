"""A worked day of the small park: two intervals, three units and two boards, one of each scrapped."""

from __future__ import annotations

import polars as pl
from carbon_park import (
    DAY,
    KWH,
    QUARTER,
    QUIET,
    START,
    assemblies,
    jobs,
    make_park,
    orders,
    passages,
    readings,
    responses,
    verdicts,
)

from parkwright.carbon import day, interval, occupancy, roster
from parkwright.model.opening import Pool
from parkwright.model.tables import PRESENCE

PARK = make_park()
FIRST = {
    "grid-in": 100 * KWH, "pv": 10 * KWH, "bat-in": 4 * KWH, "m-b1": 105 * KWH, "m-nb": 45 * KWH, "m-asm": 10 * KWH + 1,
    "m-test": 20 * KWH, "m-smt": 40 * KWH, "m-oven": 35 * KWH, "m-hvac": 15 * KWH, "gas": 7 * KWH,
}  # fmt: skip
SECOND = {
    "grid-in": 30 * KWH + 1, "pv": 5 * KWH, "grid-out": 2 * KWH, "bat-out": 3 * KWH, "m-b1": 36 * KWH, "m-nb": 20 * KWH,
    "m-asm": 9 * KWH, "m-test": 7 * KWH + 3, "m-smt": 10 * KWH, "m-oven": 9 * KWH, "m-hvac": 6 * KWH, "gas": 2 * KWH,
}  # fmt: skip
PASSAGES_ = passages(
    ("B1", "JB", "SMT-print", 0, 10), ("B1", "JB", "SMT-oven", 10, 300), ("B2", "JB", "SMT-oven", 20, 320, "scrap"),
    ("U1", "J1", "NB-asm", 300, 500), ("U1", "J1", "NB-test", 500, 1000), ("U1", "J1", "NB-pack", 1000, 1009),
    ("U2", "J1", "NB-asm", 500, 700), ("U2", "J1", "NB-test", 700, 1200, "scrap"),
    ("U3", "J2", "NB-asm", 700, 1000), ("U3", "J2", "NB-test", 1000, 1500), ("U3", "J2", "NB-pack", 1500, 1513),
)  # fmt: skip
VERDICTS_ = verdicts(
    ("B1", 300, "good"), ("B2", 320, "scrap"), ("U1", 1009, "good"), ("U2", 1200, "scrap"), ("U3", 1300, "rework"),
    ("U3", 1513, "good"),
)  # fmt: skip
ASSEMBLIES_ = assemblies(("U1", "B1"), ("U3", "TP-stock-MB1-00001"))
JOBS_ = jobs(("JB", "OB", "MB1", 2), ("J1", "O1", "NB14", 2), ("J2", "O2", "NB16", 1))
ORDERS_ = orders(
    ("OB", "MB1", 2, 1, "stock"), ("O1", "NB14", 2, 1, "cn"), ("O2", "NB16", 1, 0, "cn"), ("O3", "NB16", 1, 30, "cn")
)
BANDS_ = {START: "peak", START + QUARTER: "valley"}
RESPONSES_ = responses(("JB", "SMT", 0.1, 1, 1), ("J1", "NB", 0.4, 1, 1), ("J2", "NB", 0.5, 1, 0))


def interval_books(park=PARK, rows=PASSAGES_, energies=(FIRST, SECOND)):
    """Return (POSTINGS, READINGS) of the intervals."""
    pools = {"BAT1": Pool(20 * KWH, 5_000_000_001, 4_000_000_003, 70_001)}
    postings, metered = [], []
    for n, energy in enumerate(energies):
        span = (START + n * QUARTER, START + (n + 1) * QUARTER)
        metered.append(readings({**QUIET, **energy}, span[0]))
        at_work = occupancy.of_interval(park, *span, rows, PRESENCE.empty())
        books = interval.close(park, *span, metered[-1], at_work, 7000 + n, pools)
        pools = books.pools
        postings.append(books.postings)
    return pl.concat(postings), pl.concat(metered)


POSTINGS_, READINGS_ = interval_books()
BOOKS_UNITS = roster.of_day(PARK, PASSAGES_, VERDICTS_, JOBS_)


def day_books(postings=POSTINGS_, park=PARK, **changes):
    """Return the DayBooks of the worked day, with some of its tables changed."""
    tables = {
        "passages": PASSAGES_, "verdicts": VERDICTS_, "assemblies": ASSEMBLIES_, "jobs": JOBS_, "orders": ORDERS_,
        "job_responses": RESPONSES_, "bands": BANDS_,
    }  # fmt: skip
    return day.close(park, DAY, postings, **{**tables, **changes})
