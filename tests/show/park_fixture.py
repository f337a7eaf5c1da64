"""A small park made by hand: two lines, a solar field, a battery, fourteen meters."""

from __future__ import annotations

import polars as pl

from parkwright.model.control import ControlPoint
from parkwright.model.noun import Text
from parkwright.model.park import Park
from parkwright.model.plant import (
    Band,
    Battery,
    Boiler,
    EnergyPlant,
    Factor,
    Grid,
    HeatPump,
    LampFleet,
    Meter,
    SolarField,
    Tank,
    Tariff,
)
from parkwright.model.product import BillLine, Market, Material, OrderPattern, Product, Segment, Supplier
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

BASIS = "assumed: made for tests"
WEATHER = (
    "month", "day", "hour", "temperature_c", "ghi_w_per_m2", "dni_w_per_m2", "dhi_w_per_m2", "wind_m_per_s",
    "humidity_share",
)  # fmt: skip
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _text(en: str, zh: str) -> Text:
    return Text(en=en, zh=zh)


def _station(
    id: str, en: str, zh: str, kind: str, at_m: float, run_kw: float, places: int = 1, cycle_s: float = 50
) -> WorkUnit:
    return WorkUnit(
        id=id,
        name=_text(en, zh),
        kind=kind,
        places=places,
        cycle_s=cycle_s,
        run_kw=run_kw,
        idle_kw=run_kw * 0.3,
        position_m=at_m,
        basis=BASIS,
    )


def _lines() -> tuple[WorkCenter, ...]:
    smt = WorkCenter(
        id="L-SMT",
        name=_text("Board line", "贴片线"),
        building_id="B1",
        segment_ids=("smt",),
        start=(40, 60),
        end=(100, 60),
        takt_s=60,
        node_id="n-smt",
        basis=BASIS,
        work_unit=(
            _station("SMT-PRN", "Printer", "印刷机", "printer", 5, 4),
            _station("SMT-OVN", "Reflow oven", "回流焊炉", "oven", 25, 38, places=20, cycle_s=360),
            _station("SMT-AOI", "Optical inspection", "光学检测", "inspection", 45, 3),
        ),
    )
    notebook = WorkCenter(
        id="L-NB1",
        name=_text("Notebook line 1", "笔记本一线"),
        building_id="B1",
        segment_ids=("nb",),
        start=(40, 90),
        end=(160, 90),
        takt_s=60,
        node_id="n-nb1",
        basis=BASIS,
        work_unit=(
            _station("NB1-ASM", "Assembly", "装配", "assembly", 10, 6),
            _station("NB1-TST", "Burn-in test", "老化测试", "test", 60, 22, places=12, cycle_s=600),
            _station("NB1-PCK", "Packing", "包装", "pack", 110, 3),
        ),
    )
    return (smt, notebook)


def _meters() -> tuple[Meter, ...]:
    rows = (
        ("grid-in", "Grid import", "电网受电", "", "electricity", "import", "grid", "site"),
        ("grid-out", "Grid export", "上网电量", "", "electricity", "export", "grid", "site"),
        ("pv-1", "Solar field 1", "光伏一区", "", "electricity", "generation", "PV1", "site"),
        ("bat-in", "Battery charging", "储能充电", "", "electricity", "charge", "BAT1", "site"),
        ("bat-out", "Battery discharging", "储能放电", "", "electricity", "discharge", "BAT1", "site"),
        ("b1", "Building 1", "一号厂房", "", "electricity", "load", "B1", "building"),
        ("l-smt", "Board line", "贴片线", "b1", "electricity", "load", "L-SMT", "line"),
        ("smt-prn", "Printer", "印刷机", "l-smt", "electricity", "load", "SMT-PRN", "machine"),
        ("smt-ovn", "Reflow oven", "回流焊炉", "l-smt", "electricity", "load", "SMT-OVN", "machine"),
        ("smt-aoi", "Optical inspection", "光学检测", "l-smt", "electricity", "load", "SMT-AOI", "machine"),
        ("l-nb1", "Notebook line 1", "笔记本一线", "b1", "electricity", "load", "L-NB1", "line"),
        ("nb1-asm", "Assembly", "装配", "l-nb1", "electricity", "load", "NB1-ASM", "machine"),
        ("nb1-tst", "Burn-in test", "老化测试", "l-nb1", "electricity", "load", "NB1-TST", "machine"),
        ("nb1-pck", "Packing", "包装", "l-nb1", "electricity", "load", "NB1-PCK", "machine"),
        ("b1-hvac", "Air conditioning 1", "一号厂房空调", "b1", "electricity", "load", "B1", "hvac"),
        ("b1-light", "Lighting 1", "一号厂房照明", "b1", "electricity", "load", "B1", "lighting"),
        ("air", "Compressed air", "压缩空气", "", "electricity", "load", "B1", "air"),
        ("hp1", "Heat pump", "热泵", "", "electricity", "load", "HP1", "heat"),
        ("robots", "Robot charging", "机器人充电", "", "electricity", "load", "fleet", "logistics"),
        ("gas-bo1", "Boiler gas", "锅炉燃气", "", "gas", "load", "BO1", "heat"),
        ("water", "Site water", "全厂用水", "", "water", "load", "", "site"),
    )
    return tuple(
        Meter(
            id=r[0], name_en=r[1], name_zh=r[2], parent_id=r[3], commodity=r[4], role=r[5], serves=r[6], purpose=r[7],
            basis=BASIS,
        )
        for r in rows
    )  # fmt: skip


def _points() -> tuple[ControlPoint, ...]:
    def point(id: str, en: str, zh: str, building: str, zone: str, **fields: object) -> ControlPoint:
        plain = {"id": id, "name_en": en, "name_zh": zh, "building_id": building, "zone_id": zone, "basis": BASIS}
        return ControlPoint.model_validate(plain | fields)

    room = {"kind": "room", "role": "sensor", "low": 18, "high": 28, "quantity": "temperature_c"}
    held = {"kind": "air_handler", "role": "setpoint", "quantity": "temperature_c", "rate_per_h": 2}
    return (
        point("B1-n-t", "Room, north", "北区室温", "B1", "north", **room),
        point("B1-n-co2", "Air, north", "北区空气", "B1", "north", kind="room", role="sensor", quantity="co2_ppm"),
        point("B1-n-heat", "Heating, north", "北区供暖", "B1", "north", write_low=16, write_high=23, occupied=20,
              unoccupied=17, **held),
        point("B1-n-cold", "Cooling, north", "北区供冷", "B1", "north", write_low=24, write_high=30, occupied=26,
              unoccupied=29, **held),
        point("B1-s-t", "Room, south", "南区室温", "B1", "south", **room),
        point("B1-light", "Light", "照明", "B1", "plant", kind="lighting", role="setpoint", quantity="level_share",
              write_low=0.1, write_high=1, rate_per_h=1, occupied=1, unoccupied=0.1),
        point("WH-t", "Hall", "库区室温", "WH", "hall", kind="room", role="sensor", quantity="temperature_c", low=5,
              high=36),
    )  # fmt: skip


def _plant() -> EnergyPlant:
    return EnergyPlant(
        grid=Grid(import_limit_kw=800, export_limit_kw=300, export_cny_per_kwh=0.36, basis=BASIS),
        solar=(
            SolarField(
                id="PV1", name=_text("Roof field 1", "屋顶光伏一区"), building_id="B1", peak_kw=420, inverter_kw=380,
                basis=BASIS,
            ),
        ),
        battery=(
            Battery(
                id="BAT1", name=_text("Battery", "储能电池"), capacity_kwh=200, power_kw=80, charge_efficiency=0.96,
                discharge_efficiency=0.96, basis=BASIS,
            ),
        ),
        heat_pump=(HeatPump(id="HP1", name=_text("Heat pump", "热泵"), power_kw=40, basis=BASIS),),
        tank=(Tank(id="TK1", name=_text("Hot-water tank", "热水罐"), capacity_kwh=400, basis=BASIS),),
        boiler=(Boiler(id="BO1", name=_text("Boiler", "锅炉"), power_kw=200, factor_id="gas", basis=BASIS),),
        lamps=(LampFleet(id="LA", count=12, panel_w=60, battery_wh=500, lamp_w=30, line=((0, 20), (200, 20)),
                         basis=BASIS),),
    )  # fmt: skip


def _factor(id: str, kind: str, value: str) -> Factor:
    return Factor(
        id=id, publisher="Test office", document="Made for tests", cell="A1", data_year=2023, geography="Tianjin",
        kind=kind, value=value, licence="none", verified=True,
    )  # fmt: skip


def small_park() -> Park:
    """Return the park by hand."""
    return Park(
        site=Site(
            park_id="TP", name=_text("Test park", "测试园区"), timezone="Asia/Shanghai", latitude=39.1, longitude=117.2,
            width_m=260, depth_m=180, area_m2=46_800, accounting_grid_factor="loc", residual_grid_factor="res",
            basis=BASIS,
        ),
        buildings=(
            Building(id="B1", name=_text("Building 1", "一号厂房"), kind="production",
                     footprint=((30, 40), (190, 40), (190, 120), (30, 120)), height_m=12, floor_area_m2=12_800,
                     basis=BASIS),
            Building(id="WH", name=_text("High-bay warehouse", "立体仓库"), kind="warehouse",
                     footprint=((200, 40), (240, 40), (240, 110), (200, 110)), height_m=24, floor_area_m2=2_800,
                     basis=BASIS),
        ),
        work_centers=_lines(),
        calendar=Calendar(shift=(Shift(days=WEEK, start="06:00", end="14:00"),
                                 Shift(days=WEEK, start="14:00", end="22:00"))),
        segments=(Segment(id="smt", name=_text("Board making", "贴片")),
                  Segment(id="nb", name=_text("Notebook assembly", "笔记本装配"))),
        products=(
            Product(id="BRD-A", name=_text("Mainboard A", "主板 A"), kind="board", family_id="f-brd", segment_id="smt",
                    mass_kg=0.3, basis=BASIS),
            Product(id="NB-14", name=_text("Notebook 14\"", "14 英寸笔记本"), kind="finished", family_id="f-14",
                    segment_id="nb", mass_kg=1.6, share=2, basis=BASIS),
            Product(id="NB-16", name=_text("Notebook 16\" <Pro>", "16 英寸笔记本"), kind="finished", family_id="f-16",
                    segment_id="nb", mass_kg=2.1, share=1, basis=BASIS),
        ),
        materials=(
            Material(id="PANEL-14", name=_text("Panel 14\"", "14 英寸屏"), supplier_id="S-PANEL", unit="piece",
                     footprint_kg_per_unit=32.0, basis=BASIS),
            Material(id="CELL-57", name=_text("Battery pack 57 Wh", "57 瓦时电池"), supplier_id="S-CELL", unit="piece",
                     footprint_kg_per_unit=6.4, basis=BASIS),
        ),
        bill=(
            BillLine(product_id="NB-14", component_id="BRD-A", position="board", quantity=1, basis=BASIS),
            BillLine(product_id="NB-14", component_id="PANEL-14", position="panel", quantity=1, basis=BASIS),
            BillLine(product_id="NB-14", component_id="CELL-57", position="battery", quantity=1, basis=BASIS),
            BillLine(product_id="NB-16", component_id="BRD-A", position="board", quantity=1, basis=BASIS),
            BillLine(product_id="NB-16", component_id="CELL-57", position="battery", quantity=1, basis=BASIS),
        ),
        setups=(),
        suppliers=(
            Supplier(id="S-PANEL", name=_text("Panel maker", "面板厂"), country="CN", late_share=0.1, late_mean_s=3600,
                     basis=BASIS),
            Supplier(id="S-CELL", name=_text("Cell maker", "电芯厂"), country="CN", basis=BASIS),
        ),
        markets=(Market(id="CN", name=_text("China", "中国"), share=0.7, basis=BASIS),
                 Market(id="EU", name=_text("Europe", "欧洲"), share=0.3, basis=BASIS)),
        order_pattern=OrderPattern(orders_per_day=60, small_share=0.8, small_below=5, large_share=0.02, large_above=50,
                                   large_mean=100, medium_mean=15, basis=BASIS),
        meters=_meters(),
        energy=_plant(),
        factors=(_factor("loc", "grid_average", "0.6796"), _factor("res", "grid_residual", "0.6096"),
                 _factor("gas", "fuel", "0.18254")),
        tariffs=(
            Tariff(id="T", valid_from="2025-10-01", flat_cny_per_kwh=0.7,
                   ratio={"sharp": 1.8, "peak": 1.5, "flat": 1.0, "valley": 0.5}, placeholder=True,
                   band=(Band(band="valley", months=tuple(range(1, 13)), hours=((0, 8),)),
                         Band(band="peak", months=tuple(range(1, 13)), hours=((9, 12), (16, 22))),
                         Band(band="sharp", months=(7, 8), hours=((16, 18),))), basis=BASIS),
        ),
        nodes=(Node(id="n-smt", at=(35, 60), kind="line"), Node(id="n-nb1", at=(35, 90), kind="line"),
               Node(id="n-wh", at=(195, 70), kind="warehouse"), Node(id="n-x", at=(35, 70), kind="crossing")),
        edges=(Edge(a="n-smt", b="n-x"), Edge(a="n-nb1", b="n-x"), Edge(a="n-wh", b="n-x")),
        fleet=Fleet(count=4, home_node="n-wh", basis=BASIS),
        warehouse=Warehouse(building_id="WH", locations=4000, node_id="n-wh", basis=BASIS),
        green=tuple(Tree(id=f"t{n}", kind="tree", species="ginkgo", x_m=10 + 12 * n, y_m=20, height_m=7, crown_m=4,
                         basis=BASIS) for n in range(18)),
        meter_files=(),
        weather=pl.DataFrame(schema=dict.fromkeys(WEATHER, pl.Float64)),
        points=_points(),
        digest="0" * 64,
    )  # fmt: skip
