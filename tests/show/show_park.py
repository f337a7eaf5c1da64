"""A park made by hand for the tests of the show: three halls, a warehouse, five lines, roads, trees and lamps."""

from __future__ import annotations

import polars as pl

from parkwright.model.noun import Text
from parkwright.model.park import Park
from parkwright.model.plant import (
    Battery,
    Boiler,
    Chiller,
    Compressor,
    EnergyPlant,
    Factor,
    Grid,
    HeatPump,
    LampFleet,
    Meter,
    SolarField,
    Tank,
)
from parkwright.model.product import Market, Product, Segment
from parkwright.model.site import (
    Building,
    Calendar,
    Edge,
    Fleet,
    Node,
    Shift,
    Site,
    Tree,
    Warehouse,
    WorkCenter,
    WorkUnit,
)

BASIS = "assumed: made by hand for a test"


def text(en: str, zh: str) -> Text:
    return Text(en=en, zh=zh)


def box(x: float, y: float, w: float, d: float) -> tuple[tuple[float, float], ...]:
    return ((x, y), (x + w, y), (x + w, y + d), (x, y + d))


def building(id_: str, en: str, zh: str, kind: str, footprint, height: float) -> Building:
    return Building(
        id=id_, name=text(en, zh), kind=kind, footprint=footprint, height_m=height, floor_area_m2=9000, basis=BASIS
    )


BUILDINGS = (
    building("B1", "Hall 1: mainboards", "一号厂房：主板", "production", box(30, 165, 140, 75), 11),
    building("B2", "Hall 2: notebooks", "二号厂房：笔记本", "production", box(30, 60, 140, 75), 11),
    building("B3", "Hall 3: desktops, servers", "三号厂房：台式机与服务器", "production", box(195, 165, 140, 75), 11),
    building("WH", "High-bay warehouse", "立体仓库", "warehouse", box(200, 70, 80, 60), 24),
    building("UT", "Utilities", "动力中心", "utility", box(300, 75, 45, 28), 8),
    building("OF", "Offices", "办公楼", "office", box(352, 165, 26, 70), 22),
)

KINDS = {
    "smt": ["printer", "placement", "placement", "oven", "inspection"],
    "nb": ["station"] + ["assembly"] * 9 + ["inspection", "test", "assembly", "pack"],
    "dt": ["station"] + ["assembly"] * 5 + ["inspection", "test", "pack"],
}


def line(id_: str, en: str, zh: str, at: str, kind: str, y: float, x0: float, x1: float, node: str) -> WorkCenter:
    kinds = KINDS[kind]
    pitch = (x1 - x0) / len(kinds)
    units = tuple(
        WorkUnit(
            id=f"{id_}-{n:02d}-{k}",
            name=text(f"{k.capitalize()} {n}", f"{n}号工位"),
            kind=k,
            cycle_s=9,
            places=60 if k in {"oven", "test"} else 1,
            run_kw=6,
            idle_kw=1,
            position_m=round(pitch * (n - 0.5), 1),
            basis=BASIS,
        )
        for n, k in enumerate(kinds, 1)
    )
    return WorkCenter(
        id=id_,
        name=text(en, zh),
        building_id=at,
        segment_ids=(kind,),
        start=(x0, y),
        end=(x1, y),
        takt_s=9,
        node_id=node,
        work_unit=units,
        basis=BASIS,
    )


LINES = (
    line("L-SMT", "Mainboard line", "主板线", "B1", "smt", 202, 60, 140, "n-smt"),
    line("L-NB1", "Notebook line 1", "笔记本一线", "B2", "nb", 82, 40, 160, "n-nb1"),
    line("L-NB2", "Notebook line 2", "笔记本二线", "B2", "nb", 112, 40, 160, "n-nb2"),
    line("L-DT", "Desktop line", "台式机线", "B3", "dt", 187, 215, 315, "n-dt"),
    line("L-SV", "Server line", "服务器线", "B3", "dt", 218, 215, 315, "n-sv"),
)

NODES = {
    "n-wh": (240, 62, "warehouse"), "n-c1": (182, 62, "crossing"), "n-c2": (182, 150, "crossing"),
    "n-c3": (182, 202, "crossing"), "n-smt": (140, 202, "line"), "n-nb1": (160, 82, "line"),
    "n-c4": (182, 82, "crossing"), "n-nb2": (160, 112, "line"), "n-c5": (182, 112, "crossing"),
    "n-c6": (182, 187, "crossing"), "n-dt": (215, 187, "line"), "n-c7": (182, 218, "crossing"),
    "n-sv": (215, 218, "line"), "n-ch": (290, 62, "charger"), "n-dk": (290, 50, "dock"),
}  # fmt: skip
EDGES = (
    ("n-wh", "n-c1"), ("n-c1", "n-c4"), ("n-c4", "n-c5"), ("n-c5", "n-c2"), ("n-c2", "n-c6"), ("n-c6", "n-c3"),
    ("n-c3", "n-smt"), ("n-c4", "n-nb1"), ("n-c5", "n-nb2"), ("n-c6", "n-dt"), ("n-c3", "n-c7"), ("n-c7", "n-sv"),
    ("n-wh", "n-ch"), ("n-ch", "n-dk"),
)  # fmt: skip


def meter(id_: str, parent: str, role: str, serves: str, purpose: str, commodity: str = "electricity") -> Meter:
    return Meter(
        id=id_, name_en=id_, name_zh=id_, parent_id=parent, commodity=commodity, role=role, serves=serves,
        purpose=purpose, basis=BASIS,
    )  # fmt: skip


def meters() -> tuple[Meter, ...]:
    rows = [
        meter("grid-in", "", "import", "", "site"),
        meter("grid-out", "", "export", "", "site"),
        meter("bat-in", "", "charge", "BAT1", "site"),
        meter("bat-out", "", "discharge", "BAT1", "site"),
    ]
    rows += [meter(f"pv-{b}", "", "generation", f"PV-{b}", "site") for b in ("B1", "B2", "B3")]
    for b in BUILDINGS:
        rows.append(meter(f"m-{b.id}", "", "load", b.id, "building"))
    for ln in LINES:
        rows.append(meter(f"m-{ln.id}", f"m-{ln.building_id}", "load", ln.id, "line"))
        rows += [meter(f"m-{unit.id}", f"m-{ln.id}", "load", unit.id, "machine") for unit in ln.work_unit]
    return tuple(rows)


def trees() -> tuple[Tree, ...]:
    rows = []
    for n in range(300):
        side, k = n % 4, n // 4
        x, y = [(8 + k * 5.1, 8), (8 + k * 5.1, 272), (8, 8 + k * 3.5), (392, 8 + k * 3.5)][side]
        rows.append(
            Tree(
                id=f"T{n:03d}", kind="tree", species="Sophora japonica", x_m=x + (n * 7 % 5) * 0.7,
                y_m=y + (n * 11 % 5) * 0.7, height_m=5 + n * 13 % 5, crown_m=4 + n * 17 % 3, basis=BASIS,
            )
        )  # fmt: skip
    return tuple(rows)


def energy() -> EnergyPlant:
    return EnergyPlant(
        grid=Grid(import_limit_kw=6000, export_limit_kw=3000, export_cny_per_kwh=0.3, basis=BASIS),
        solar=tuple(
            SolarField(
                id=f"PV-{b}", name=text(f"Roof of {b}", f"{b}屋顶"), building_id=b, peak_kw=1333, inverter_kw=1200,
                basis=BASIS,
            )
            for b in ("B1", "B2", "B3")
        ),
        battery=(
            Battery(
                id="BAT1", name=text("Battery", "储能电池"), capacity_kwh=2000, power_kw=1000, charge_efficiency=0.95,
                discharge_efficiency=0.95, basis=BASIS,
            ),
        ),
        heat_pump=(HeatPump(id="HP1", name=text("Heat pump", "热泵"), power_kw=150, basis=BASIS),),
        tank=(Tank(id="TK1", name=text("Hot-water tank", "蓄热水罐"), capacity_kwh=1500, basis=BASIS),),
        boiler=(
            Boiler(id="BO1", name=text("Gas boiler", "燃气锅炉"), power_kw=1000, factor_id="gas", basis=BASIS),
        ),
        compressor=tuple(
            Compressor(id=f"C{n}", name=text(f"Compressor {n}", f"{n}号空压机"), power_kw=160, basis=BASIS)
            for n in (1, 2, 3)
        ),
        chiller=tuple(
            Chiller(id=f"CH{n}", name=text(f"Chiller {n}", f"{n}号冷机"), power_kw=400, cop=5.5, basis=BASIS)
            for n in (1, 2)
        ),
        lamps=(
            LampFleet(
                id="LP", count=200, panel_w=120, battery_wh=900, lamp_w=40,
                line=((15, 15), (385, 15), (385, 265), (15, 265), (15, 15)), basis=BASIS,
            ),
        ),
    )  # fmt: skip


def product(id_: str, en: str, zh: str, kind: str, segment: str) -> Product:
    return Product(
        id=id_, name=text(en, zh), kind=kind, family_id=id_, segment_id=segment, mass_kg=2, share=1, basis=BASIS
    )


def make_park() -> Park:
    """Return the park."""
    grid = Factor(
        id="cn-tj-2023", publisher="MEE", document="announcement", cell="Tianjin", data_year=2023, geography="CN-TJ",
        kind="grid_average", value="0.6796", licence="public", verified=True,
    )  # fmt: skip
    return Park(
        site=Site(
            park_id="TJ",
            name=text("Tianjin smart manufacturing park", "天津智慧制造园区"),
            timezone="Asia/Shanghai",
            latitude=39.08,
            longitude=117.2,
            width_m=400,
            depth_m=280,
            area_m2=112_000,
            accounting_grid_factor="cn-tj-2023",
            residual_grid_factor="cn-tj-2023",
            basis=BASIS,
        ),
        buildings=BUILDINGS,
        work_centers=LINES,
        calendar=Calendar(
            shift=(
                Shift(days=("mon", "tue", "wed", "thu", "fri", "sat", "sun"), start="06:00", end="14:00"),
                Shift(days=("mon", "tue", "wed", "thu", "fri", "sat"), start="14:00", end="22:00"),
            )
        ),
        segments=tuple(Segment(id=s, name=text(s, s)) for s in ("smt", "nb", "dt")),
        products=(
            product("NB-14", "Notebook 14 inch", "14英寸笔记本", "finished", "nb"),
            product("NB-16", "Notebook 16 inch", "16英寸笔记本", "finished", "nb"),
            product("DT-T", "Desktop tower", "塔式台式机", "finished", "dt"),
            product("MB-14", "Mainboard 14", "14主板", "board", "smt"),
        ),
        materials=(),
        bill=(),
        setups=(),
        suppliers=(),
        markets=(Market(id="CN", name=text("China", "中国"), share=1, basis=BASIS),),
        order_pattern=None,
        meters=meters(),
        energy=energy(),
        factors=(grid, grid.model_copy(update={"id": "gas", "kind": "fuel", "value": "0.18254"})),
        tariffs=(),
        nodes=tuple(Node(id=k, at=(x, y), kind=kind) for k, (x, y, kind) in NODES.items()),
        edges=tuple(Edge(a=a, b=b) for a, b in EDGES),
        fleet=Fleet(count=24, home_node="n-ch", basis=BASIS),
        warehouse=Warehouse(building_id="WH", locations=28_000, node_id="n-wh", basis=BASIS),
        green=trees(),
        meter_files=(),
        weather=pl.DataFrame(),
    )
