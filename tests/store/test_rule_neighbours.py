"""Each rule between the nouns of a folder: a planted fault is told once, and of its clean neighbour nothing is."""

from __future__ import annotations

from pathlib import Path

import pytest
from run_park import SECOND_LINE, SECOND_METERS

from parkwright.model.errors import Finding
from parkwright.store.check import findings
from parkwright.store.new import write_park

Edit = tuple[str, str, str]
"""File, text in it ("" for its end), text in its place."""

NAME = 'name = { en = "a", zh = "b" }\nbasis = "assumed: a test"\n'
EPW = Path(__file__).parents[2] / "parks" / "tianjin" / "weather.epw"

BOARD: list[Edit] = [
    (
        "products.toml",
        "",
        '\n[[product]]\nid = "BRD"\nkind = "board"\nfamily_id = "x"\nsegment_id = "ASSEMBLY"\nmass_kg = 1.0\n' + NAME,
    ),
    ("bills.csv", "", "P-A,BRD,mainboard,2,assumed: a test\n"),
]  # fmt: skip
OVEN: list[Edit] = [
    (
        "lines.toml",
        "",
        '\n[[work_center]]\nid = "OV"\nbuilding_id = "HALL"\nsegment_ids = ["BURN"]\nroom = 8\nlot_max = 8\n'
        "start = [30.0, 50.0]\nend = [40.0, 50.0]\ntakt_s = 450.0\nnode_id = \"n-line\"\n" + NAME + "\n"
        '[[work_center.work_unit]]\nid = "OV-1"\nkind = "oven"\nplaces = 8\ncycle_s = 3600.0\nrun_kw = 9.0\n'
        "idle_kw = 2.0\n" + NAME,
    ),
    (
        "products.toml",
        "",
        f'\n[[segment]]\nid = "BURN"\nname = {{ en = "a", zh = "b" }}\n\n[[product]]\nid = "P-O"\nkind = "finished"\n'
        f'family_id = "o"\nsegment_id = "BURN"\nmass_kg = 1.0\n{NAME}',
    ),
]  # fmt: skip
SERVICE: Edit = (
    "lines.toml", "",
    '\n[[maintenance]]\nwork_center_id = "L-1"\ndate = "2028-02-29"\nstart = "08:00"\nend = "10:00"\nreason = "oil"\n',
)  # fmt: skip
SECOND: Edit = (
    "lines.toml", "",
    '\n[[maintenance]]\nwork_center_id = "L-1"\ndate = "2028-02-29"\nstart = "10:00"\nend = "11:00"\nreason = "air"\n',
)  # fmt: skip
FITTERS: Edit = (
    "lines.toml", "",
    f'\n[[crew]]\nid = "fit"\n{NAME}\n[[crew.shift]]\ndays = ["mon"]\nstart = "08:00"\nend = "16:00"\nheads = 2\n'
    '\n[[crew.line]]\nwork_center_id = "L-1"\nrun_heads = 2.0\n',
)  # fmt: skip
GAS = "gas,p,d,c,2022,UK,fuel,0.18254,l,true\n"
BOILER: list[Edit] = [
    ("energy.toml", "", f'\n[[boiler]]\nid = "BO"\npower_kw = 90.0\nfactor_id = "gas"\n{NAME}'),
    ("factors.csv", "", GAS),
    ("meters.csv", "", "gas-bo,a,b,,gas,load,BO,heat,,assumed: a test\n"),
]
PUMP: Edit = (
    "energy.toml",
    "",
    f'\n[[heat_pump]]\nid = "HP"\npower_kw = 9.0\nsource_c = 30.0\nsupply_c = 55.0\n{NAME}',
)
MAPPED = "\n[heat_pump.cop_map]\nsource_c = [10.0, 30.0]\nsupply_c = [45.0, 65.0]\ncop = [[3.5, 2.5], [5.0, 3.5]]\n"
EXCHANGED: list[Edit] = [
    PUMP,
    ("energy.toml", "", f'\n[[compressor]]\nid = "CO"\npower_kw = 9.0\n{NAME}'),
    ("energy.toml", "", f'\n[[exchanger]]\nid = "HX"\nsource = "compressors"\npower_kw = 9.0\nsource_c = 70.0\n{NAME}'),
]
CHILLER: Edit = ("energy.toml", "", f'\n[[chiller]]\nid = "CH"\npower_kw = 400.0\n{NAME}')
SUN: list[Edit] = [
    ("energy.toml", "", f'\n[[solar]]\nid = "PV"\nbuilding_id = "HALL"\npeak_kw = 800.0\ninverter_kw = 700.0\n{NAME}'),
    ("meters.csv", "", "pv,a,b,,electricity,generation,PV,other,,assumed: a test\n"),
]
LAMPS: Edit = (
    "energy.toml", "",
    '\n[[lamps]]\nid = "LMP"\ncount = 5\npanel_w = 9.0\nbattery_wh = 9.0\nlamp_w = 9.0\n'
    'line = [[0.0, 0.0], [200.0, 120.0]]\nbasis = "assumed: a test"\n',
)  # fmt: skip
WORK: Edit = (
    "energy.toml", "",
    '\n[[movable]]\nid = "MOV"\nmeter_id = "hall"\npower_kw = 9.0\nduration_h = 2.0\nearliest = "08:00"\n'
    f'latest = "10:00"\n{NAME}',
)  # fmt: skip
NIGHTLY: Edit = (*WORK[:2], WORK[2].replace("2.0", "8.0").replace("08:00", "22:00").replace("10:00", "06:00"))
ALL_DAY: Edit = (*WORK[:2], WORK[2].replace("2.0", "23.0").replace("10:00", "08:00"))
TREES: Edit = (
    "green.csv",
    "",
    "id,kind,species,x_m,y_m,height_m,crown_m,basis\nT1,tree,pine,200,120,9,3,assumed: a test\n",
)
ROAD: Edit = (
    "roads.toml",
    "",
    '\n[[node]]\nid = "gate"\nat = [0.0, 0.0]\nkind = "dock"\n\n[[edge]]\na = "gate"\nb = "charge"\n',
)
TARIFF: Edit = (
    "tariff.toml", "",
    '\n[[tariff]]\nid = "next"\nvalid_from = "2027-01-01"\nflat_cny_per_kwh = 0.7\nratio = { flat = 1.0 }\n'
    'basis = "assumed: a test"\n',
)  # fmt: skip
NIGHT: Edit = ("park.toml", "", '\n[[calendar.shift]]\ndays = ["mon", "sat"]\nstart = "16:00"\nend = "24:00"\n')
WATER: Edit = ("meters.csv", "", "water,a,b,,water,load,,site,,assumed: a test\n")
OTHER_LINE: list[Edit] = [("lines.toml", "", SECOND_LINE), ("meters.csv", "", SECOND_METERS)]
SPLIT: list[Edit] = [
    ("products.toml", 'family_id = "a"', 'part_min = 15\nparts_max = 2\nfamily_id = "a"'),
    ("products.toml", 'family_id = "b"', 'part_min = 15\nparts_max = 2\nfamily_id = "b"'),
]

Case = tuple[list[Edit], Edit, str]
"""What the folder gets first, and is clean with; the fault planted after it; what the finding says."""


def plain(file: str, old: str, new: str, words: str) -> Case:
    """A fault in the folder as it is."""
    return [], (file, old, new), words


def beside(things: list[Edit], file: str, old: str, new: str, words: str) -> Case:
    """A fault in a folder that has some things more."""
    return things, (file, old, new), words


def border(file: str, old: str, clean: str, faulty: str, words: str) -> Case:
    """A fault just over the border of what may be."""
    return [(file, old, clean)], (file, clean, faulty), words


FAULTS = [
    # place: the site in space and time
    border("park.toml", "area_m2 = 24000.0", "area_m2 = 24020.0", "area_m2 = 24030.0", "site: area_m2: is 24030"),
    border("park.toml", "latitude", "metering_interval_s = 1800\nlatitude", "metering_interval_s = 1700\nlatitude",
           "does not divide a day"),
    border("park.toml", "Asia/Shanghai", "Etc/GMT-8", "Asia/Beijing", "is no IANA time zone"),
    beside([("park.toml", 'residual_grid_factor = "cn-residual', 'residual_grid_factor = "cn-national')], "park.toml",
           'accounting_grid_factor = "cn-national', 'accounting_grid_factor = "cn-residual', "kind grid_residual"),
    beside(BOILER, "park.toml", 'residual_grid_factor = "cn-residual-2023"', 'residual_grid_factor = "gas"',
           "kind fuel"),
    border("buildings.toml", "[150.0, 50.0]", "[200.0, 120.0]", "[200.0, 120.1]", "outside the site"),
    border("lines.toml", "end = [90.0, 40.0]", "end = [200.0, 40.0]", "end = [200.5, 40.0]", "work_center 'L-1': end"),
    beside([ROAD], "roads.toml", "at = [0.0, 0.0]", "at = [-0.5, 0.0]", "node 'gate': at"),
    beside([LAMPS], "energy.toml", "[200.0, 120.0]", "[200.0, 121.0]", "lamps 'LMP': line"),
    beside([TREES], "green.csv", "200,120", "201,120", "tree 'T1'"),
    beside([("buildings.toml", "[100.0, 60.0], [20.0, 60.0]]", "[100.0, 60.0]]")], "buildings.toml",
           "[[120.0, 20.0], [150.0, 20.0], [150.0, 50.0], [120.0, 50.0]]", "[[1.0, 1.0], [5.0, 5.0], [9.0, 9.0]]",
           "encloses no area"),
    border("buildings.toml", "heating_setpoint_c = 10.0", "heating_setpoint_c = 33.9", "heating_setpoint_c = 34.0",
           "not below cooling_setpoint_c 34"),
    beside([ROAD], "roads.toml", 'a = "gate"', 'a = "charge"', "leads back to where it starts"),
    beside([ROAD], "roads.toml", 'a = "gate"\nb = "charge"', 'a = "charge"\nb = "n-store"', "is given twice"),
    beside([ROAD], "roads.toml", '\n[[edge]]\na = "gate"\nb = "charge"\n', "", "cannot be reached from 'n-line'"),
    beside([ROAD], "roads.toml", 'a = "gate"', 'a = "gates"', "did you mean 'gate'?"),
    plain("park.toml", 'home_node = "charge"', 'home_node = "barn"', "fleet: home_node"),
    plain("park.toml", 'node_id = "n-store"', 'node_id = "n-stare"', "warehouse: node_id"),
    plain("park.toml", 'building_id = "STORE"', 'building_id = "SHOP"', "warehouse: building_id"),
    plain("park.toml", 'building_id = "STORE"', 'building_id = "HALL"', "is a building of kind production"),
    border("park.toml", "holidays = []", 'holidays = ["2028-02-29"]', 'holidays = ["2026-02-29"]', "is no date"),
    border("park.toml", "holidays = []", 'holidays = ["2026-10-01", "2026-10-02"]',
           'holidays = ["2026-10-01", "2026-10-01"]', "more than once"),
    beside([NIGHT], "park.toml", 'end = "24:00"', 'end = "16:00"', "not after its start 16:00"),
    beside([NIGHT], "park.toml", 'start = "16:00"', 'start = "15:59"', "overlaps shift 1 on mon"),
    beside([NIGHT], "park.toml", 'days = ["mon", "tue", "wed", "thu", "fri"]\nstart = "08:00"\nend = "16:00"',
           'days = ["tue", "sat"]\nstart = "00:00"\nend = "16:01"', "overlaps shift 1 on sat"),
    beside([SERVICE], "lines.toml", 'work_center_id = "L-1"', 'work_center_id = "L-9"', "'L-9' is no work center"),
    beside([SERVICE], "lines.toml", "2028-02-29", "2026-02-29", "maintenance of 'L-1': date: '2026-02-29' is no date"),
    beside([SERVICE], "lines.toml", 'end = "10:00"', 'end = "08:00"', "is 08:00, not after its start 08:00"),
    beside([SERVICE, SECOND], "lines.toml", 'start = "10:00"', 'start = "09:59"', "overlaps the one from 08:00"),
    border("park.toml", 'end = "16:00"', 'end = "16:00"\nlines = ["L-1"]', 'end = "16:00"\nlines = ["L-1", "L-9"]',
           "calendar: shift 1: lines: 'L-9' is no work center"),
    beside(OVEN, "park.toml", 'end = "16:00"', 'end = "16:00"\nlines = ["L-1"]', "work_center 'OV': works in no shift"),
    beside([FITTERS], "lines.toml", 'work_center_id = "L-1"\nrun', 'work_center_id = "L-9"\nrun', "'L-9' is no"),
    beside([FITTERS], "lines.toml", 'end = "16:00"\nheads', 'end = "08:00"\nheads', "ends 08:00, not after its start"),
    beside([FITTERS], "lines.toml", "run_heads = 2.0", "run_heads = 2.1", "asks for 2.1 people, and at most 2"),
    beside([FITTERS], "lines.toml", "run_heads = 2.0\n",
           'run_heads = 2.0\n[[crew.line]]\nwork_center_id = "L-1"\nrun_heads = 1.0\n', "serves 'L-1' twice"),
    # production: lines, products, bills, setups, orders
    border("lines.toml", "cycle_s = 50.0", "cycle_s = 60.0", "cycle_s = 61.0", "give at most 60 for a takt of 60 s"),
    border("lines.toml", "cycle_s = 300.0", "cycle_s = 360.0", "cycle_s = 366.0", "one unit in 61 s"),
    border("lines.toml", "idle_kw = 0.5", "idle_kw = 2.0", "idle_kw = 2.1", "above run_kw 2"),
    border("lines.toml", "idle_kw = 0.5", "idle_kw = 0.5\noff_kw = 0.5", "idle_kw = 0.5\noff_kw = 0.6",
           "above idle_kw 0.5"),
    border("lines.toml", "mtbf_s = 28800.0\nmttr_s = 300.0\n", "mttr_s = 0.0\n", "mtbf_s = 9.0\n",
           "mttr_s: is 0, but the machine fails"),
    border("lines.toml", 'kind = "test"', 'kind = "inspection"', 'kind = "oven"', "is 0.02, but its kind is oven"),
    border("lines.toml", "position_m = 58.0", "position_m = 60.0", "position_m = 61.0", "behind the line's end"),
    border("lines.toml", "takt_s = 60.0", "lot_min = 1\nlot_max = 70\ntakt_s = 60.0",
           "lot_min = 1\nlot_max = 59\ntakt_s = 60.0", "brings lots of 60 units"),
    beside([*OTHER_LINE, ("lines.toml", "takt_s = 60.0\nsetup_s", "lot_min = 41\ntakt_s = 60.0\nsetup_s")],
           "lines.toml", "lot_min = 41", "lot_min = 42", "brings lots of 41 units"),
    plain("lines.toml", "takt_s = 60.0", "lot_min = 2\ntakt_s = 60.0", "brings lots of 1 units"),
    beside([*OTHER_LINE, ("lines.toml", "lot_max = 40", "lot_min = 40\nlot_max = 40")], "lines.toml", "lot_min = 40",
           "lot_min = 41", "above lot_max 40; swap them"),
    plain("lines.toml", "takt_s = 60.0", "room = 5\ntakt_s = 60.0",
          "room: is 5, but the line has 4 machines; give the machine that takes several lots a line of its own"),
    beside(OVEN, "lines.toml", "places = 8", "places = 9", "room: is 8, but 'OV-1' has 9 places; give its work unit"),
    beside(OVEN, "lines.toml", "lot_max = 8", "lot_max = 9", "lot_max: is 9, above room 8; give at most 8"),
    beside(OVEN, "lines.toml", "takt_s = 450.0", "takt_s = 460.0",
           "takt_s: is 460, but a run of 3600 s gives 8 units; give 450"),
    beside([*OVEN, ("lines.toml", 'kind = "oven"', 'kind = "test"\nfail_share = 0.1\nscrap_share = 1.0')],
           "lines.toml", "scrap_share = 1.0", "scrap_share = 0.5", "of which 0.5 would be worked on again alone"),
    beside([*OVEN, *BOARD, ("bills.csv", "", "P-O,BRD,board,1,assumed: a test\n")], "bills.csv", "P-O,BRD,",
           "P-O,BOX,", "'BOX' is a material, and line 'OV' has room"),
    border("products.toml", 'family_id = "a"', 'part_min = 40\nparts_max = 2\nfamily_id = "a"',
           'part_min = 40\nfamily_id = "a"', "part_min: is 40, but parts_max is 1: no lot is split"),
    beside([("lines.toml", "takt_s = 60.0", "lot_max = 90\ntakt_s = 60.0")], "products.toml", 'family_id = "a"',
           'part_min = 91\nparts_max = 2\nfamily_id = "a"', "part_min: is 91, a lot which no line of 'ASSEMBLY' takes"),
    beside(BOARD, "products.toml", 'family_id = "x"', 'parts_max = 2\nfamily_id = "x"',
           "parts_max: is 2, but boards are made in lots of an hour"),
    beside([*SPLIT, ("lines.toml", "takt_s = 60.0", "lot_max = 30\ntakt_s = 60.0")], "lines.toml", "lot_max = 30",
           "lot_max = 29", "brings lots of 30 units"),
    plain("lines.toml", 'building_id = "HALL"', 'building_id = "HAUL"', "did you mean 'HALL'?"),
    beside(BOARD, "products.toml", 'kind = "board"', 'kind = "board"\nshare = 0.1', "a board is not sold"),
    beside(BOARD, "bills.csv", "mainboard,2", "mainboard,2.5", "give whole boards"),
    beside(BOARD, "bills.csv", "P-A,BRD,", "P-A,P-B,", "is a finished product"),
    beside(BOARD, "bills.csv", "", "P-A,BRD,mainboard,1,assumed: a test\n", "stands also in row 8"),
    beside(BOARD, "bills.csv", "", "BRD,BRD,self,1,assumed: a test\n", "is built into itself"),
    beside([("bills.csv", "", "P-A,BOX,inner,1,assumed: a test\n")], "bills.csv", "",
           "P-C,BOX,inner,1,assumed: a test\n", "'P-C' is no product of this folder"),
    plain("bills.csv", "P-A,BOX", "P-A,BAG", "'BAG' is no material or product"),
    plain("materials.csv", "S-1", "S-9", "material 'BOARD': supplier_id"),
    plain("setups.csv", "L-1,a,b", "L-1,a,a", "leads from 'a' to itself"),
    plain("setups.csv", "L-1,a,b", "L-1,c,b", "'c' is no family that this line makes; use a, b"),
    plain("setups.csv", "L-1,b,a", "L-1,a,b", "stands also in row 2"),
    border("suppliers.toml", "late_share = 0.05\nlate_mean_s = 3600.0", "late_share = 0.0\nlate_mean_s = 0.0",
           "late_share = 0.1\nlate_mean_s = 0.0", "0.1 of its kits are late"),
    border("park.toml", "large_share = 0.03", "large_share = 0.2", "large_share = 0.21", "let both sum to at most 1"),
    border("park.toml", "medium_mean = 12.0", "medium_mean = 50.0", "medium_mean = 51.0", "give 5 to 50 units"),
    border("park.toml", "medium_mean = 12.0", "medium_mean = 5.0", "medium_mean = 4.0", "give 5 to 50 units"),
    border("park.toml", "large_mean = 60.0", "large_mean = 50.1", "large_mean = 50.0", "give more than large_above 50"),
    # plant: energy, tariffs, factors
    beside(SUN, "energy.toml", "peak_kw = 800.0", "peak_kw = 801.0", "the roof of 3,200 m2 holds 800 kWp"),
    beside(SUN, "energy.toml", 'building_id = "HALL"', 'building_id = "BARN"', "solar 'PV': building_id"),
    border("buildings.toml", "glass_area_m2 = 150.0", "glass_area_m2 = 2160.0", "glass_area_m2 = 2161.0",
           "more than the walls (2160 m2)"),
    beside([PUMP], "energy.toml", "source_c = 30.0", "source_c = 55.0", "not above source_c 55"),
    beside([(PUMP[0], PUMP[1], PUMP[2] + MAPPED)], "energy.toml", "supply_c = [45.0, 65.0]", "supply_c = [65.0, 45.0]",
           "has a supply_c that does not rise"),
    beside([(PUMP[0], PUMP[1], PUMP[2] + MAPPED)], "energy.toml", "[5.0, 3.5]]", "[5.0]]", "has no 2 rows of 2 values"),
    beside([(PUMP[0], PUMP[1], PUMP[2] + MAPPED)], "energy.toml", "[5.0, 3.5]]", "[5.0, 0.9]]",
           "holds a coefficient below 1 or none"),
    beside([("energy.toml", "", f'\n[[tank]]\nid = "TK"\ncapacity_kwh = 90.0\nhot_c = 60.0\n{NAME}')], "energy.toml",
           "hot_c = 60.0", "hot_c = 45.0", "hot_c: is 45, not above cold_c 45"),
    beside(EXCHANGED, "energy.toml", "source_c = 70.0", "source_c = 40.0", "not above return_c 40"),
    beside(EXCHANGED, "energy.toml", "source_c = 70.0", "supply_c = 40.0\nsource_c = 70.0",
           "supply_c: is 40, not above return_c 40"),
    beside(EXCHANGED, "energy.toml", 'source = "compressors"', 'source = "chillers"', "the park has no chillers"),
    beside([WORK], "energy.toml", 'meter_id = "hall"', 'meter_id = "halle"', "movable 'MOV': meter_id"),
    beside([WORK], "energy.toml", 'meter_id = "hall"', 'meter_id = "grid-in"', "of role import and purpose site"),
    beside([WORK], "energy.toml", 'latest = "10:00"', 'latest = "09:59"', "the work takes 2 h"),
    beside([NIGHTLY], "energy.toml", "duration_h = 8.0", "duration_h = 8.1",
           "holds 8 h from 22:00 to 06:00; the work takes 8.1 h"),
    beside([ALL_DAY], "energy.toml", "duration_h = 23.0", "duration_h = 23.5", "is 23.5 h over midnight"),
    beside([WORK], "energy.toml", 'id = "MOV"', 'id = "BAT1"', "stands also for battery"),
    beside(EXCHANGED, "energy.toml", PUMP[2], "", "has neither boiler nor heat pump beside it"),
    beside(BOILER, "energy.toml", 'factor_id = "gas"', 'factor_id = "cn-national-2023"',
           "kind grid_average; name one of kind fuel"),
    beside(BOILER, "energy.toml", 'factor_id = "gas"', 'factor_id = "coal"', "boiler 'BO': factor_id"),
    border("energy.toml", "power_kw = 50.0", "power_kw = 2000.0", "power_kw = 2001.0", "is 2001 kW for 100 kWh"),
    beside([CHILLER], "energy.toml", "import_limit_kw = 400.0", "import_limit_kw = 399.0",
           "the chillers alone need 400"),
    border("tariff.toml", "ratio = {", "ratio = { sharp = 20.0,", "ratio = { sharp = 20.1,", "is 20.1 for sharp"),
    plain("tariff.toml", ", flat = 1.0", "", "has none for flat"),
    border("tariff.toml", "[12.0, 14.0]", "[12.0, 24.0]", "[12.0, 24.5]", "runs from 12 to 24.5"),
    plain("tariff.toml", "[12.0, 14.0]", "[12.0, 12.0]", "band 2 (valley): runs from 12 to 12"),
    plain("tariff.toml", "months = [1,", "months = [0,", "band 1 (peak): month 0 does not exist"),
    beside([TARIFF], "tariff.toml", "2027-01-01", "2020-01-01", "like that of 'tou'"),
    beside([TARIFF], "tariff.toml", "2027-01-01", "2027-02-30", "'2027-02-30' is no date"),
    beside([("factors.csv", "0.6096", "3")], "factors.csv", "grid_residual,3,", "grid_residual,3.000000001,",
           "too high for kg/kWh"),
    # metering: the tree
    beside([WATER], "meters.csv", "water,a,b,,water", "water,a,b,hall,water",
           "'hall' meters electricity, this one water"),
    plain("meters.csv", "Line 1,一线,hall,", "Line 1,一线,hal,", "did you mean 'hall'?"),
    plain("meters.csv", "储能充电,,", "储能充电,hall,", "only load meters stand behind another"),
    plain("meters.csv", "仓库,,electricity", "仓库,bat-in,electricity", "is a meter of role charge"),
    plain("meters.csv", "车间,,electricity", "车间,hall,electricity", "loops: hall -> hall"),
    plain("meters.csv", "购电,,electricity,import,,site,,", "购电,,electricity,import,,site,2,",
          "base_kw: is 2 at a meter of role import"),
    plain("meters.csv", "L1-ASM,machine", "L1-ASN,machine", "is no machine, line, building or asset"),
    plain("meters.csv", "L1-ASM,machine", "L-1,machine", "nothing that a meter of purpose machine serves"),
    plain("meters.csv", "L1-ASM,machine", ",machine", "name what this machine meter stands for"),
    plain("meters.csv", "L1-TEST,machine", "L1-ASM,machine", "is served by 'mc-asm' too"),
    plain("meters.csv", "BAT1,other,,assumed: the meter of the battery\nbat-out", ",other,,assumed: a test\nbat-out",
          "name what this charge meter stands for"),
    beside(OTHER_LINE, "meters.csv", "mc-2,a,b,line-2,", "mc-2,a,b,line-1,",
           "stands behind line 'L-1', its machine in 'L-2'"),
    beside([("meters.csv", "", "grid-out,a,b,,electricity,export,,site,,assumed: a test\n")], "meters.csv", "",
           "out-2,a,b,,electricity,export,,site,,assumed: a test\n", "has 2 electricity meters of role export"),
    plain("meters.csv", "", "in-2,a,b,,electricity,import,,site,,assumed: a test\n",
          "has 2 electricity meters of role import"),
    beside(SUN, "meters.csv", "pv,a,b,,electricity,generation,PV,other,,assumed: a test\n", "",
           "add one of role generation"),
    beside(BOILER, "meters.csv", "gas-bo,a,b,,gas,", "gas-bo,a,b,,heat,", "has no gas meter"),
    plain("meters.csv", "electricity,discharge,", "electricity,charge,", "has no meter of role discharge"),
    # reference: identities that must differ
    beside([PUMP], "energy.toml", 'id = "HP"', 'id = "L-1"', "'L-1'"),
    beside(BOARD, "materials.csv", "", "BRD,a,b,S-1,piece,1,1,assumed: a test\n", "'BRD': stands also for product"),
    beside([TREES], "green.csv", "", "T1,tree,pine,5,5,9,3,assumed: a test\n", "tree 'T1': stands also for tree"),
    plain("meters.csv", "store-crane,", "robots,", "meter 'robots': stands also for meter"),
    beside(BOILER, "factors.csv", "", "gas,p,d,c,2022,UK,fuel,0.18254,l,true\n",
           "factor 'gas': stands also for factor"),
]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_park(tmp_path / "mine", "MINE")
    return tmp_path / "mine"


def change(folder: Path, edits: list[Edit]) -> list[Finding]:
    """Make the edits and return the findings of the folder."""
    for file, old, new in edits:
        text = (folder / file).read_text(encoding="utf-8") if (folder / file).exists() else ""
        assert old in text, f"{old!r} is not in {file} any more"
        (folder / file).write_text(text.replace(old, new, 1) if old else text + new, encoding="utf-8")
    if any(edit in SUN for edit in edits):
        lines = EPW.read_text(encoding="utf-8").splitlines()
        where = lines[0].split(",")
        where[6:8] = ["31.2", "121.5"]
        (folder / "weather.epw").write_text("\n".join([",".join(where), *lines[1:]]), encoding="utf-8")
    return findings(folder)


@pytest.mark.parametrize(
    ("neighbour", "fault", "words"), FAULTS, ids=[f"{n}: {case[2]}" for n, case in enumerate(FAULTS)]
)
def test_a_planted_fault_is_told_once_and_its_neighbour_passes(folder, neighbour, fault, words):
    assert change(folder, neighbour) == []
    found = change(folder, [fault])
    told = [finding for finding in found if words in str(finding)]
    assert len(told) == 1, "\n".join(map(str, found))
    assert len(found) <= 2, "one mistake is told again and again"
