"""Broken copies of the Tianjin folder: each is refused with its reason, none crashes, none is taken in silence."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from parkwright.model.errors import ParkError
from parkwright.store.check import findings
from parkwright.store.folder import load

TIANJIN = Path(__file__).parents[2] / "parks" / "tianjin"

Edit = Callable[[bytes], bytes]


@dataclass(frozen=True)
class Mutant:
    """One broken folder: the file that is changed and how; the words that one finding on that file must hold."""

    name: str
    file: str
    edit: Edit | None
    words: tuple[str, ...]
    at: str = ""
    """File that the finding names where it is another one."""
    has_row: bool = True


def sub(pattern: str, new: str) -> Edit:
    """Replace the first match of a pattern; a pattern that no longer matches is a broken test."""

    def edit(data: bytes) -> bytes:
        text, count = re.subn(pattern, new, data.decode(), count=1, flags=re.MULTILINE | re.DOTALL)
        assert count == 1, f"pattern {pattern!r} is not in the folder any more"
        return text.encode()

    return edit


def add(text: str) -> Edit:
    return lambda data: data + text.encode()


def give(data: bytes) -> Edit:
    return lambda _: data


def drop_line(number: int) -> Edit:
    def edit(data: bytes) -> bytes:
        lines = data.splitlines(keepends=True)
        return b"".join(lines[: number - 1] + lines[number:])

    return edit


def swap_lines(number: int) -> Edit:
    def edit(data: bytes) -> bytes:
        lines = data.splitlines(keepends=True)
        lines[number - 1], lines[number] = lines[number], lines[number - 1]
        return b"".join(lines)

    return edit


def cell(row: int, column: int, value: str) -> Edit:
    def edit(data: bytes) -> bytes:
        lines = data.decode().splitlines()
        cells = lines[row - 1].split(",")
        cells[column] = value
        lines[row - 1] = ",".join(cells)
        return "\n".join(lines).encode()

    return edit


def M(name: str, file: str, edit: Edit | None, *words: str, at: str = "", has_row: bool = True) -> Mutant:
    return Mutant(name, file, edit, words, at, has_row)


SHAPE = [
    M("park.toml is missing", "park.toml", None, "park.toml", "missing", has_row=False),
    M("energy.toml is missing", "energy.toml", None, "energy.toml", "missing", has_row=False),
    M("meters.csv is missing", "meters.csv", None, "meters.csv", "missing", has_row=False),
    M("factors.csv is missing", "factors.csv", None, "factors.csv", "missing", has_row=False),
    M("weather is missing under solar fields", "weather.epw", None, "PV-B1", "no weather", at="energy.toml"),
    M("TOML does not parse", "park.toml", sub(r'^park_id = "TJ"', 'park_id = "TJ'), "no TOML"),
    M("a TOML key stands twice", "park.toml", sub(r"^(latitude = .*?)$", r"\1\n\1"), "no TOML"),
    M("an empty park.toml", "park.toml", give(b""), "[site]", "missing", has_row=False),
    M("a binary file", "lines.toml", give(b"\x00\x01\x02" * 10), "binary", has_row=False),
    M("a file in GBK", "products.toml", lambda data: data.decode().encode("gbk"), "not UTF-8"),
    M("a file in UTF-16", "suppliers.toml", lambda data: data.decode().encode("utf-16"), "binary", has_row=False),
    M("a huge file", "green.csv", lambda data: data + b"#" * (64 * 1024 * 1024), "bytes", "at most", has_row=False),
    M("a misspelt file", "meter.csv", give(b"id\n"), "read by nothing", "meters.csv", has_row=False),
    M("an unknown table", "energy.toml", sub(r"^\[\[battery\]\]", "[[batery]]"), "[batery]", "'battery'"),
    M("a table where an array belongs", "energy.toml", sub(r"^\[\[tank\]\]", "[tank]"), "tank", "[[tank]]"),
    M("an array where a table belongs", "energy.toml", sub(r"^\[grid\]", "[[grid]]"), "grid", "[grid]"),
    M("an unknown key", "energy.toml", sub(r"^capacity_kwh", "capacity_kw"), "BAT1", "capacity_kw", "unknown key"),
    M("an unknown column", "materials.csv", sub("lot_size", "lotsize"), "lotsize", "unknown column"),
    M("a missing column", "meters.csv", sub(",role,", ",rule,"), "role", "missing column"),
    M("a column given twice", "bills.csv", sub("position", "quantity"), "quantity", "2 times"),
    M("a row with a cell too many", "setups.csv", sub(r"^(L-SMT,smt-a,smt-b)", r"\1,9"), "6 cells", "give 5"),
    M("an open quote", "factors.csv", sub(r"2023,CN-TJ", '2023,"CN-TJ'), "factors.csv"),
    M("a missing key", "lines.toml", sub(r"^takt_s = 10\.0\n", ""), "L-SMT", "takt_s", "missing"),
    M("nesting without end", "roads.toml", give(b"node = " + b"[" * 5000), "roads.toml", has_row=False),
]

FIGURES = [
    M("a negative capacity", "energy.toml", sub(r"^capacity_kwh = 2000\.0", "capacity_kwh = -4"), "BAT1", "-4", "kWh"),
    M("a figure that is text", "energy.toml", sub(r"^power_kw = 1000\.0", 'power_kw = "1000"'), "BAT1", "no number"),
    M("a figure with its unit", "energy.toml", sub(r"^power_kw = 1000\.0", 'power_kw = "1 MW"'), "power_kw", "'1 MW'"),
    M("a figure that is true", "energy.toml", sub(r"^import_limit_kw = .*?$", "import_limit_kw = true"), "true"),
    M("not a number", "energy.toml", sub(r"^power_kw = 1000\.0", "power_kw = nan"), "power_kw", "finite"),
    M("an endless number", "park.toml", sub(r"^width_m = .*?$", "width_m = inf"), "width_m"),
    M("latitude off the globe", "park.toml", sub(r"^latitude = .*?$", "latitude = 139.1"), "latitude", "90"),
    M("half a machine place", "lines.toml", sub(r"^places = 1$", "places = 1.5"), "places", "whole"),
    M("a share in percent", "park.toml", sub(r"^small_share = .*?$", "small_share = 80.0"), "small_share", "80"),
    M("an efficiency in percent", "energy.toml", sub(r"^efficiency = 0\.9", "efficiency = 90"), "BO1", "efficiency"),
    M("solar power in W", "energy.toml", sub(r"^peak_kw = .*?$", "peak_kw = 1300000.0"), "PV-B1", "kW, not W"),
    M("battery power in W", "energy.toml", sub(r"^power_kw = 1000\.0", "power_kw = 1e6"), "BAT1", "W or MWh"),
    M("grid limit in MW", "energy.toml", sub(r"^import_limit_kw = .*?$", "import_limit_kw = 5.0"), "kW, not MW"),
    M("a factor in g/kWh", "factors.csv", sub(r"0\.6796", "679.6"), "cn-tj-2023", "kg, not g"),
    M("a factor that is no decimal", "factors.csv", sub(r"0\.7041", "0.7o41"), "cn-tj-2022", "value"),
    M("more glass than wall", "buildings.toml", sub(r"^glass_area_m2 = .*?$", "glass_area_m2 = 9e5"), "B1", "walls"),
    M(
        "heating above cooling",
        "buildings.toml",
        sub(r"^heating_setpoint_c = 20\.0", "heating_setpoint_c = 27.0"),
        "B1",
    ),
    M("a site larger than its outline", "park.toml", sub(r"^area_m2 = .*?$", "area_m2 = 11.2e6"), "area_m2", "width"),
    M(
        "a takt that a machine cannot keep",
        "lines.toml",
        sub(r"^cycle_s = 480\.0", "cycle_s = 600.0"),
        "NB1-FT",
        "takt",
    ),
    M("idle above running power", "lines.toml", sub(r"^idle_kw = 22\.0", "idle_kw = 42.0"), "SMT-OV1", "run_kw"),
    M("failures without repair", "lines.toml", sub(r"^mttr_s = 180\.0", "mttr_s = 0.0"), "SMT-PRN", "mttr_s"),
    M(
        "an oven that rejects",
        "lines.toml",
        sub(r'(id = "SMT-OV1".*?)fail_share = 0.0', r"\1fail_share = 0.1"),
        "SMT-OV1",
    ),
    M("a machine behind its line", "lines.toml", sub(r"^position_m = 116\.0", "position_m = 160.0"), "behind the line"),
    M("smallest lot above largest", "lines.toml", sub(r"^lot_min = 5$", "lot_min = 2000000"), "L-NB1", "lot_max"),
    M("lots that no line takes", "lines.toml", sub(r"^lot_max = 50$", "lot_max = 3"), "lots of 4", at="park.toml"),
    M("shares of orders above one", "park.toml", sub(r"^large_share = .*?$", "large_share = 0.3"), "large_share"),
    M("large orders that are small", "park.toml", sub(r"^large_mean = .*?$", "large_mean = 20.0"), "large_mean"),
    M("a hot pump that cools", "energy.toml", sub(r"^supply_c = .*?$", "supply_c = 30.0"), "HP1", "source_c"),
    M("late kits without delay", "suppliers.toml", sub(r"^late_mean_s = 5400\.0", "late_mean_s = 0.0"), "S-PANEL1"),
    M("a zero quantity", "bills.csv", sub(r"battery,1,", "battery,0,"), "quantity", "more than 0"),
    M("half a board", "bills.csv", sub(r"(BRD-13A,board),1,", r"\1,0.5,"), "NB-13A", "whole boards"),
]

REFERENCES = [
    M("an identity given twice", "buildings.toml", sub(r'^id = "B2"', 'id = "B1"'), "'B1'", "own id"),
    M("a machine twice", "lines.toml", sub(r'^id = "NB2-LOAD"', 'id = "NB1-LOAD"'), "'NB1-LOAD'", "own id"),
    M("a battery named like a building", "energy.toml", sub(r'^id = "BAT1"', 'id = "WH"'), "'WH'", "building"),
    M("an identity with a space", "products.toml", sub(r'^id = "NB-13A"', 'id = "NB 13A"'), "NB 13A", "form"),
    M("a line in no building", "lines.toml", sub(r'^building_id = "B3"', 'building_id = "B9"'), "'B9'", "building"),
    M("a line at no node", "lines.toml", sub(r'^node_id = "n-DT"', 'node_id = "n-TD"'), "'n-TD'", "'n-DT'"),
    M("a line of no segment", "lines.toml", sub(r'"SEG-SV"', '"SEG-SW"'), "SEG-SW", "segment"),
    M("a product of no segment", "products.toml", sub(r'segment_id = "SEG-DT"', 'segment_id = "SEG-XX"'), "SEG-XX"),
    M("a segment that no line does", "lines.toml", sub(r'\["SEG-SV"\]', '["SEG-DT"]'), "no line", at="products.toml"),
    M("a board that is sold", "products.toml", sub(r"^share = 0\.0", "share = 0.1"), "BRD-13A", "not sold"),
    M("a bill of no product", "bills.csv", sub(r"^NB-14A,", "NB-14X,"), "NB-14X", "product"),
    M("an unknown component", "bills.csv", sub(r"PNL-13", "PNL-31"), "PNL-31", "material"),
    M("a finished product built in", "bills.csv", sub(r"^NB-13A,BRD-13A", "NB-13A,NB-13B"), "finished product"),
    M("a board built into itself", "bills.csv", add("BRD-13A,BRD-13A,board,1,assumed: a loop\n"), "into itself"),
    M("a component given twice", "bills.csv", add("NB-13A,KBD,keyboard,1,assumed: again\n"), "stands also in row"),
    M("a material of no supplier", "materials.csv", sub("S-BATT", "S-BAT"), "'S-BAT'", "'S-BATT'"),
    M("a unit that is none", "materials.csv", sub(",kg,", ",gram,"), "PASTE", "unit"),
    M("a setup on no line", "setups.csv", sub("^L-DT,", "L-TD,"), "L-TD"),
    M("a setup of no family", "setups.csv", sub("dt-tower", "dt-towr"), "dt-towr", "family"),
    M("a setup to itself", "setups.csv", sub("dt-tower,dt-small", "dt-tower,dt-tower"), "itself"),
    M("a setup given twice", "setups.csv", add("L-DT,dt-tower,dt-small,99,assumed: again\n"), "stands also in row"),
    M("solar on no roof", "energy.toml", sub(r'^building_id = "B3"', 'building_id = "B33"'), "PV-B3", "B33"),
    M("a boiler on grid power", "energy.toml", sub("uk-natural-gas-2022", "cn-tj-2023"), "BO1", "fuel"),
    M("an unknown grid factor", "park.toml", sub(r'"cn-tj-2023"', '"cn-tj-2032"'), "cn-tj-2032", "cn-tj-2023"),
    M("a fuel as grid factor", "park.toml", sub(r'"cn-tj-2023"', '"uk-natural-gas-2022"'), "kind fuel"),
    M("a time zone that is none", "park.toml", sub("Asia/Shanghai", "Asia/Tianjin"), "Asia/Tianjin", "time zone"),
    M("robots without a home", "park.toml", sub(r'^home_node = .*?$', 'home_node = "garage"'), "fleet", "garage"),
    M("a store in a hall", "park.toml", sub(r'^building_id = "WH"', 'building_id = "B1"'), "warehouse", "production"),
    M("a lane to nowhere", "roads.toml", sub(r'^b = "n-SV"', 'b = "n-VS"'), "n-VS", "node"),
    M("a lane in a circle", "roads.toml", sub(r'^b = "n-SV"', 'b = "x-b3b"'), "leads back"),
    M("a node out of reach", "roads.toml", sub(r'\[\[edge\]\]\na = "x-b1"\nb = "n-SMT"\n', ""), "n-SMT", "reached"),
    M("a building outside the site", "buildings.toml", sub(r"290\.0, 90\.0", "2900.0, 90.0"), "WH", "outside"),
    M("a tree outside the site", "green.csv", cell(2, 3, "999"), "T001", "outside"),
]  # fmt: skip

METERS = [
    M("a meter behind nothing", "meters.csv", sub(r"line-SMT,electricity", "line-SMD,electricity"), "line-SMD"),
    M("a loop of meters", "meters.csv", sub(r"(bld-B1,[^,]*,[^,]*),,", r"\1,line-SMT,"), "bld-B1", "loops"),
    M("a machine meter without machine", "meters.csv", sub(r",SMT-PRN,machine", ",SMT-PRX,machine"), "SMT-PRX"),
    M("a machine meter of a building", "meters.csv", sub(r",SMT-PRN,machine", ",B1,machine"), "purpose machine"),
    M("a machine meter of nothing", "meters.csv", sub(r",SMT-PRN,machine", ",,machine"), "mc-SMT-PRN", "serves"),
    M("a machine under another line", "meters.csv", sub(r"(mc-SMT-PRN,[^,]*,[^,]*),line-SMT", r"\1,line-NB1"), "L-NB1"),
    M("a machine metered twice", "meters.csv", sub(r",SMT-SPI,machine", ",SMT-PRN,machine"), "served by", "too"),
    M("a water meter on a power line", "meters.csv", sub(r"water-site,water", "bld-B1,water"), "electricity", "water"),
    M("no import meter", "meters.csv", sub(r"electricity,import", "electricity,export"), "role import", has_row=False),
    M("a solar field without meter", "meters.csv", sub(r"pv-B3,.*?\n", ""), "PV-B3", "no meter", at="energy.toml"),
    M("a battery without discharge meter", "meters.csv", sub(r"bat-out,.*?\n", ""), "BAT1", at="energy.toml"),
    M("a boiler without gas meter", "meters.csv", sub(r"gas-BO1,.*?\n", ""), "BO1", "gas meter", at="energy.toml"),
    M("a constant draw at the grid point", "meters.csv", sub(r"site,0\.0", "site,5.0"), "grid-in", "base_kw"),
    M("a negative constant draw", "meters.csv", sub(r"building,12,", "building,-12,"), "bld-B1", "base_kw", "-12"),
    M("a commodity that is none", "meters.csv", sub(r"electricity", "electrcity"), "grid-in", "commodity"),
    M("solar behind a load", "meters.csv", sub(r"(^pv-B1,.*?),,electricity", r"\1,bld-B1,electricity"), "pv-B1"),
]  # fmt: skip

SERIES = [
    M("an hour of weather is missing", "weather.epw", drop_line(5000), "hour", "without gaps"),
    M("two hours are swapped", "weather.epw", swap_lines(300), "hour"),
    M("the last day is missing", "weather.epw", lambda d: b"\n".join(d.splitlines()[:-24]), "8736", has_row=False),
    M("a temperature that is text", "weather.epw", cell(100, 6, "cold"), "temperature_c"),
    M("a temperature in kelvin", "weather.epw", cell(100, 6, "273.1"), "temperature_c", "273.1"),
    M("a missing irradiance", "weather.epw", cell(4000, 13, "9999"), "ghi_w_per_m2"),
    M("a short row of weather", "weather.epw", sub(r"^(2024,1,1,5,[^\n]*),[^,\n]*$", r"\1"), "34 cells"),
    M("weather of Denver", "weather.epw", cell(1, 7, "-104.9"), "LOCATION", "site"),
    M("weather of another time zone", "weather.epw", cell(1, 8, "0.0"), "UTC"),
    M("a file that is no EPW", "weather.epw", give(b"hello\n"), "LOCATION"),
]

TIMES = [
    M("a shift that ends before it starts", "park.toml", sub(r'^end = "14:00"', 'end = "05:00"'), "shift 1", "05:00"),
    M("shifts that overlap", "park.toml", sub(r'^start = "14:00"', 'start = "13:00"'), "overlaps"),
    M("a shift at half past 25", "park.toml", sub(r'^start = "06:00"', 'start = "25:30"'), "25:30"),
    M("a weekday that is none", "park.toml", sub(r'"mon"', '"monday"'), "monday"),
    M("a holiday that does not exist", "park.toml", sub("2026-05-02", "2026-02-30"), "2026-02-30", "no date"),
    M("a holiday given twice", "park.toml", sub("2026-05-02", "2026-05-01"), "more than once"),
    M("lines without shifts", "park.toml", sub(r"\[\[calendar\.shift\]\].*", ""), "no shift", has_row=False),
    M("lines without orders", "park.toml", sub(r"\[order_pattern\].*?(?=# Two)", ""), "orders", has_row=False),
    M("a tariff from no day", "tariff.toml", sub("2025-10-01", "2025-13-01"), "2025-13-01"),
    M("a tariff in month 13", "tariff.toml", sub(r"\[7, 8\]", "[7, 13]"), "month 13"),
    M("a tariff at 25 h", "tariff.toml", sub(r"\[15\.0, 23\.0\]", "[15.0, 25.0]"), "25"),
    M("a tariff without a ratio", "tariff.toml", sub(r", valley = 0\.4", ""), "valley"),
    M("a band that is none", "tariff.toml", sub(r'"sharp"', '"spike"'), "band"),
    M("odd metering", "park.toml", sub(r"^metering_interval_s = 900", "metering_interval_s = 1000"), "1000"),
]  # fmt: skip

SOURCES = [
    M("a basis without a source word", "suppliers.toml", sub(r'"assumed: invented', '"invented'), "basis", "assumed:"),
    M("a basis that says nothing", "suppliers.toml", sub(r'^basis = ".*?"', 'basis = "cited:"'), "basis"),
    M("a missing basis", "suppliers.toml", sub(r"^basis = .*?\n", ""), "basis", "missing"),
    M("a basis of no field", "park.toml", sub(r'^locations = "cited', 'places = "cited'), "places", "no field"),
    M(
        "a machine's basis without a source",
        "lines.toml",
        sub(r'^basis = "assumed: cycle', 'basis = "cycle'),
        "SMT-PRN",
    ),
    M("a material without a basis", "materials.csv", sub(r"\"assumed: placeholder[^\n]*", ""), "basis", "missing"),
    M("a meter's basis is a guess", "meters.csv", sub(r"assumed: the metering", "guess: the metering"), "basis"),
]

IMPORTS = [
    M("metered data that is not there", "imports.toml",
      give(b'[[meter_file]]\nfile = "x.csv"\nmeter_id = "grid-in"\ntime_column = "t"\ntime_format = "%Y"\n'
           b'label = "end"\nvalue_column = "v"\nvalue_unit = "kWh"\n'), "x.csv", "not in the folder"),
    M("metered data outside the folder", "imports.toml",
      give(b'[[meter_file]]\nfile = "../x.csv"\nmeter_id = "grid-in"\ntime_column = "t"\ntime_format = "%Y"\n'
           b'label = "end"\nvalue_column = "v"\nvalue_unit = "kWh"\n'), "../x.csv", "out of the folder"),
    M("orders without a column", "orders.csv", give(b"order_id,product_id\n1,NB-13A\n"), "quantity", "missing column"),
    M("an order of no product", "orders.csv",
      give(b"order_id,product_id,quantity,release,due,weight,market_id\n"
           b"1,NB-99,5,2026-07-15T06:00:00+08:00,2026-07-15T22:00:00+08:00,1,CN\n"), "NB-99", "product"),
    M("an order due before its release", "orders.csv",
      give(b"order_id,product_id,quantity,release,due,weight,market_id\n"
           b"1,NB-13A,5,2026-07-15T06:00:00+08:00,2026-07-14T22:00:00+08:00,1,CN\n"), "due", "after"),
    M("an order in nobody's time", "orders.csv",
      give(b"order_id,product_id,quantity,release,due,weight,market_id\n"
           b"1,NB-13A,5,2026-07-15T06:00:00,2026-07-15T22:00:00,1,CN\n"), "release", "UTC offset"),
    M("an order of minus five", "orders.csv",
      give(b"order_id,product_id,quantity,release,due,weight,market_id\n"
           b"1,NB-13A,-5,2026-07-15T06:00:00Z,2026-07-15T22:00:00Z,1,CN\n"), "quantity", "-5"),
    M("an order given twice", "orders.csv",
      give(b"order_id,product_id,quantity,release,due,weight,market_id\n"
           + b"1,NB-13A,5,2026-07-15T06:00:00Z,2026-07-15T22:00:00Z,1,CN\n" * 2), "order_id", "2 such rows"),
]  # fmt: skip

MUTANTS = [*SHAPE, *FIGURES, *REFERENCES, *METERS, *SERIES, *TIMES, *SOURCES, *IMPORTS]


def broken(tmp_path: Path, mutant: Mutant) -> Path:
    """Return a copy of the Tianjin folder with one file changed; the others are links to the originals."""
    for source in TIANJIN.iterdir():
        if source.name != mutant.file:
            os.symlink(source, tmp_path / source.name)
    if mutant.edit is not None:
        original = TIANJIN / mutant.file
        (tmp_path / mutant.file).write_bytes(mutant.edit(original.read_bytes() if original.exists() else b""))
    return tmp_path


def test_there_are_at_least_sixty_mutants() -> None:
    assert len(MUTANTS) >= 60
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_broken_folder_is_refused_with_its_reason(tmp_path: Path, mutant: Mutant) -> None:
    folder = broken(tmp_path, mutant)
    found = findings(folder)
    fitting = [
        finding
        for finding in found
        if finding.file == (mutant.at or mutant.file) and all(word in str(finding) for word in mutant.words)
    ]
    assert fitting, f"no finding says {mutant.words}: " + "\n".join(map(str, found))
    assert all(finding.way_out and finding.thing and finding.found for finding in found)
    assert not mutant.has_row or fitting[0].row > 0, f"no row: {fitting[0]}"
    with pytest.raises(ParkError) as error:
        load(folder)
    assert error.value.findings == found
    assert "\n" not in str(fitting[0])


def test_many_mistakes_are_all_told_in_one_run(tmp_path: Path) -> None:
    chosen = {m.file: m for m in [*FIGURES, *REFERENCES, *METERS, *SOURCES] if not m.at}
    for source in TIANJIN.iterdir():
        if source.name not in chosen:
            os.symlink(source, tmp_path / source.name)
    for name, mutant in chosen.items():
        assert mutant.edit is not None
        (tmp_path / name).write_bytes(mutant.edit((TIANJIN / name).read_bytes()))
    found = findings(tmp_path)
    for name, mutant in chosen.items():
        told = [str(finding) for finding in found if finding.file == name]
        assert any(all(word in line for word in mutant.words) for line in told), f"{mutant.name}: {told}"
