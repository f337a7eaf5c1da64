"""A small park with everything that carbon books: two lines and boards, solar, battery, gas, a tree of meters."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import polars as pl

from parkwright.model.park import Park
from parkwright.model.plant import Battery, Boiler, EnergyPlant, Factor, Grid, Meter, SolarField
from parkwright.model.product import BillLine, Material, Product, Segment
from parkwright.model.site import Calendar, Site, WorkCenter, WorkUnit
from parkwright.model.tables import ASSEMBLIES, JOB_ORDERS, JOB_RESPONSES, JOBS, PASSAGES, READINGS, VERDICTS, conform

DAY = date(2026, 7, 15)
START = datetime(2026, 7, 14, 16, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
NAME = {"en": "a", "zh": "a"}
ASSUMED = "assumed: a test"
KWH = 1_000_000


def meter(meter_id, parent, role, serves, purpose, commodity="electricity", base_kw=0.0):
    return Meter(
        id=meter_id, name_en="m", name_zh="m", parent_id=parent, commodity=commodity, role=role, serves=serves,
        purpose=purpose, base_kw=base_kw, basis=ASSUMED,
    )  # fmt: skip


def factor(factor_id, kind, value):
    return Factor(
        id=factor_id, publisher="p", document="d", cell="c", data_year=2023, geography="CN", kind=kind, value=value,
        licence="l", verified=True,
    )  # fmt: skip


def work_unit(unit_id, kind, places=1, run_kw=3.0, idle_kw=1.0):
    return WorkUnit(
        id=unit_id, name=NAME, kind=kind, places=places, cycle_s=9, run_kw=run_kw, idle_kw=idle_kw, basis=ASSUMED
    )


def line(line_id, segment, takt_s, *units):
    return WorkCenter(
        id=line_id, name=NAME, building_id="B1", segment_ids=(segment,), start=(0, 0), end=(1, 0), takt_s=takt_s,
        node_id="n", work_unit=units, basis=ASSUMED,
    )  # fmt: skip


def product(product_id, kind, segment, cycle_factor=1.0):
    return Product(
        id=product_id, name=NAME, kind=kind, family_id="f", segment_id=segment, cycle_factor=cycle_factor, mass_kg=1,
        basis=ASSUMED,
    )  # fmt: skip


METERS = (
    meter("grid-in", "", "import", "", "site"),
    meter("grid-out", "", "export", "", "site"),
    meter("pv", "", "generation", "PV1", "site"),
    meter("bat-in", "", "charge", "BAT1", "site"),
    meter("bat-out", "", "discharge", "BAT1", "site"),
    meter("m-b1", "", "load", "B1", "building"),
    meter("m-nb", "m-b1", "load", "NB", "line", base_kw=2.0),
    meter("m-asm", "m-nb", "load", "NB-asm", "machine"),
    meter("m-test", "m-nb", "load", "NB-test", "machine"),
    meter("m-smt", "m-b1", "load", "SMT", "line", base_kw=1.0),
    meter("m-oven", "m-smt", "load", "SMT-oven", "machine"),
    meter("m-hvac", "m-b1", "load", "B1", "hvac"),
    meter("gas", "", "load", "BO1", "heat", commodity="gas"),
    meter("heat", "", "load", "B1", "heat", commodity="heat"),
    meter("water", "", "load", "B1", "other", commodity="water"),
)


def make_park(meters=METERS, **changes) -> Park:
    parts = {
        "site": Site(
            park_id="TP", name=NAME, timezone="Asia/Shanghai", latitude=39, longitude=117, width_m=1, depth_m=1,
            area_m2=1, accounting_grid_factor="grid", residual_grid_factor="residual", basis=ASSUMED,
        ),
        "buildings": (),
        "work_centers": (
            line(
                "NB", "asm", 9.0,
                work_unit("NB-asm", "assembly"), work_unit("NB-test", "test", 4), work_unit("NB-pack", "pack"),
            ),
            line("SMT", "smt", 10.0, work_unit("SMT-print", "printer"), work_unit("SMT-oven", "oven", 10, 50.0, 20.0)),
        ),
        "calendar": Calendar(),
        "segments": (Segment(id="asm", name=NAME), Segment(id="smt", name=NAME)),
        "products": (
            product("NB14", "finished", "asm"), product("NB16", "finished", "asm", 1.5), product("MB1", "board", "smt"),
        ),
        "materials": (
            Material(id="panel", name=NAME, supplier_id="s", unit="piece", footprint_kg_per_unit=30.1, basis=ASSUMED),
            Material(id="pcb", name=NAME, supplier_id="s", unit="piece", footprint_kg_per_unit=10.05, basis=ASSUMED),
        ),
        "bill": (
            BillLine(product_id="NB14", component_id="panel", position="panel", quantity=1, basis=ASSUMED),
            BillLine(product_id="NB14", component_id="MB1", position="board", quantity=1, basis=ASSUMED),
            BillLine(product_id="MB1", component_id="pcb", position="pcb", quantity=2, basis=ASSUMED),
        ),
        "setups": (), "suppliers": (), "markets": (), "order_pattern": None,
        "meters": tuple(meters),
        "energy": EnergyPlant(
            grid=Grid(import_limit_kw=1000, export_limit_kw=1000, export_cny_per_kwh=0.3, basis=ASSUMED),
            solar=(SolarField(id="PV1", name=NAME, building_id="B1", peak_kw=1, inverter_kw=1, basis=ASSUMED),),
            battery=(
                Battery(
                    id="BAT1", name=NAME, capacity_kwh=100, power_kw=50, charge_efficiency=0.95,
                    discharge_efficiency=0.96, basis=ASSUMED,
                ),
            ),
            boiler=(Boiler(id="BO1", name=NAME, power_kw=10, factor_id="fuel", basis=ASSUMED),),
        ),
        "factors": (
            factor("grid", "grid_average", "0.6796"),
            factor("residual", "grid_residual", "0.6096"),
            factor("fuel", "fuel", "0.18254"),
        ),
        "tariffs": (), "nodes": (), "edges": (), "fleet": None, "warehouse": None, "green": (), "meter_files": (),
        "weather": pl.DataFrame(),
    }  # fmt: skip
    return Park(**{**parts, **changes})


def frame(table, rows):
    return conform(pl.DataFrame(rows, schema=list(table.schema), orient="row"), table) if rows else table.empty()


def readings(energies, start=START, quality="good"):
    """READINGS of one interval from meter id -> mWh; water counts litres."""
    rows = [
        (start, name, None if name == "water" else q, 1.0 if name == "water" else None, quality)
        for name, q in energies.items()
    ]
    return frame(READINGS, rows)


QUIET = {"grid-in": 0, "grid-out": 0, "pv": 0, "bat-in": 0, "bat-out": 0, "m-b1": 0, "m-nb": 0, "m-asm": 0, "m-test": 0,
         "m-smt": 0, "m-oven": 0, "m-hvac": 0, "gas": 0, "heat": 0, "water": 0}  # fmt: skip


def passages(*rows, start=START):
    """PASSAGES from (unit, job, work unit, from [s], to [s], result)."""
    found = []
    for unit, job, place, first, last, *result in rows:
        segment = "smt" if place.startswith("SMT") else "asm"
        span = (start + timedelta(seconds=first), start + timedelta(seconds=last))
        found.append((unit, job, segment, place, *span, *(result or ["ok"])))
    return frame(PASSAGES, found)


def verdicts(*rows, start=START):
    """VERDICTS from (unit, second, verdict)."""
    return frame(VERDICTS, [(u, "asm", start + timedelta(seconds=s), v, "tested") for u, s, v in rows])


def jobs(*rows):
    """JOBS from (job, order, product, quantity)."""
    return frame(JOBS, [(j, o, p, "smt" if p == "MB1" else "asm", "f", q, START) for j, o, p, q in rows])


def orders(*rows, start=START):
    """JOB_ORDERS from (order, product, quantity, due hour, market)."""
    return frame(JOB_ORDERS, [(o, p, q, start, start + timedelta(hours=h), 1.0, m) for o, p, q, h, m in rows])


def responses(*rows, start=START):
    """JOB_RESPONSES from (job, line, end hour, good, scrapped)."""
    return frame(JOB_RESPONSES, [(j, w, start, start + timedelta(hours=h), g, s) for j, w, h, g, s in rows])


def assemblies(*rows, start=START):
    """ASSEMBLIES from (unit, component)."""
    return frame(ASSEMBLIES, [(u, c, "board", start) for u, c in rows])
