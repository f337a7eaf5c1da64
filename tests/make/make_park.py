"""A small park to plan: a board line, two assembly lines for different lots, three families, two shifts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import polars as pl

from parkwright.model.park import Park
from parkwright.model.plant import EnergyPlant, Grid
from parkwright.model.product import BillLine, Market, Material, OrderPattern, Product, Segment, Setup, Supplier
from parkwright.model.site import Calendar, Shift, Site, WorkCenter, WorkUnit
from parkwright.model.tables import JOB_ORDERS, SIGNAL

DAY = date(2026, 7, 15)
MIDNIGHT = datetime(2026, 7, 14, 16, tzinfo=UTC)
NAME = {"en": "a", "zh": "a"}
ASSUMED = "assumed: a test"
EVERY_DAY = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def local(hour: float) -> datetime:
    """The instant at an hour of DAY in the park."""
    return MIDNIGHT + timedelta(hours=hour)


def unit(unit_id, kind="station", cycle_s=10.0, **fields):
    return WorkUnit(
        **{"id": unit_id, "name": NAME, "kind": kind, "cycle_s": cycle_s, "run_kw": 3, "idle_kw": 1, "basis": ASSUMED}
        | fields
    )


def line(line_id, segment, *units, **fields):
    return WorkCenter(
        **{
            "id": line_id, "name": NAME, "building_id": "B1", "segment_ids": (segment,), "start": (0, 0), "end": (1, 0),
            "takt_s": 10, "setup_s": 120, "node_id": "n1", "work_unit": units, "basis": ASSUMED,
        } | fields
    )  # fmt: skip


def product(product_id, family, segment="ASM", kind="finished", **fields):
    return Product(
        **{
            "id": product_id, "name": NAME, "kind": kind, "family_id": family, "segment_id": segment, "mass_kg": 2,
            "share": 1 if kind == "finished" else 0, "basis": ASSUMED,
        } | fields
    )  # fmt: skip


def bill(product_id, component_id, quantity=1):
    return BillLine(
        product_id=product_id, component_id=component_id, position=component_id, quantity=quantity, basis=ASSUMED
    )


def shift(start, end, days=EVERY_DAY, **fields):
    return Shift(days=days, start=start, end=end, **fields)


LINES = (
    line("SMT", "SMT", unit("SMT-prn"), unit("SMT-aoi", "inspection", fail_share=0.02, scrap_share=0.5)),
    line(
        "A",
        "ASM",
        unit("A-asm"),
        unit("A-test", "test", 300.0, places=40, fail_share=0.05),
        unit("A-pack", "pack"),
        lot_max=50,
    ),
    line("B", "ASM", unit("B-asm"), unit("B-pack", "pack"), lot_min=20),
)
PATTERN = OrderPattern(
    orders_per_day=200, small_share=0.8, small_below=5, large_share=0.02, large_above=50, large_mean=80,
    medium_mean=12, opening_boards=40, stock_share=0.1, basis=ASSUMED,
)  # fmt: skip


def small_park(**fields) -> Park:
    """The park; any field of Park can be replaced."""
    segments = tuple(Segment(id=name, name=NAME) for name in ("SMT", "ASM"))
    suppliers = (
        Supplier(id="S1", name=NAME, country="CN", basis=ASSUMED),
        Supplier(id="S2", name=NAME, country="CN", late_share=0.1, late_mean_s=3600, basis=ASSUMED),
    )
    materials = tuple(
        Material(id=m, name=NAME, supplier_id=s, unit="piece", footprint_kg_per_unit=1, basis=ASSUMED)
        for m, s in (("pcb", "S1"), ("case", "S1"), ("panel", "S2"))
    )
    values = {
        "site": Site(
            park_id="T", name=NAME, timezone="Asia/Shanghai", latitude=39, longitude=117, width_m=100, depth_m=100,
            area_m2=10_000, accounting_grid_factor="f", residual_grid_factor="f", basis=ASSUMED,
        ),
        "buildings": (), "work_centers": LINES, "segments": segments,
        "calendar": Calendar(shift=(shift("06:00", "14:00"), shift("14:00", "22:00", EVERY_DAY[:6]))),
        "products": (
            product("b1", "fb1", "SMT", "board"), product("b2", "fb2", "SMT", "board"),
            product("p1", "fa"), product("p2", "fb"), product("p3", "fa"),
        ),
        "materials": materials,
        "bill": (bill("p1", "b1"), bill("p2", "b2"), bill("p3", "panel"), bill("p1", "case"), bill("b1", "pcb", 2)),
        "setups": (Setup(work_center_id="A", from_family="fa", to_family="fb", duration_s=60, basis=ASSUMED),),
        "suppliers": suppliers, "markets": (Market(id="CN", name=NAME, share=1, basis=ASSUMED),),
        "order_pattern": PATTERN, "meters": (), "factors": (), "tariffs": (), "nodes": (), "edges": (), "fleet": None,
        "energy": EnergyPlant(grid=Grid(import_limit_kw=1000, export_limit_kw=0, export_cny_per_kwh=0, basis=ASSUMED)),
        "warehouse": None, "green": (), "meter_files": (), "weather": pl.DataFrame(),
    }  # fmt: skip
    return Park(**values | fields)


def order_lines(*rows) -> pl.DataFrame:
    """JOB_ORDERS from (order_id, product_id, quantity, release hour, due hour), weight = quantity."""
    return pl.DataFrame(
        [(o, p, q, local(r), local(d), float(q), "stock" if o.startswith("stock") else "CN") for o, p, q, r, d in rows],
        schema=JOB_ORDERS.schema,
        orient="row",
    )


def flat_signal(price=0.7, co2e=0.6) -> pl.DataFrame:
    """SIGNAL with one price all day."""
    starts = pl.datetime_range(MIDNIGHT, local(24), "900s", closed="left", time_unit="ms", eager=True)
    return pl.DataFrame(
        {"start": starts, "band": "flat", "price_cny_per_kwh": price, "co2e_kg_per_kwh": co2e, "cap_kw": 1000.0},
        schema=SIGNAL.schema,
    )
