"""Every noun of a park folder takes what can be and refuses, by the name of its field, what cannot."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from parkwright.model.noun import Noun, Sourced, Text
from parkwright.model.plant import (
    Band,
    Battery,
    Boiler,
    Chiller,
    Compressor,
    Factor,
    Grid,
    HeatExchanger,
    HeatPump,
    HotWater,
    LampFleet,
    Meter,
    MeterFile,
    SolarField,
    Tank,
    Tariff,
)
from parkwright.model.product import (
    BillLine,
    Market,
    Material,
    OrderPattern,
    Planning,
    Product,
    Segment,
    Setup,
    Supplier,
)
from parkwright.model.site import (
    Building,
    Calendar,
    Crew,
    CrewLine,
    CrewShift,
    Edge,
    Fleet,
    Maintenance,
    Node,
    Shift,
    Site,
    Tree,
    Warehouse,
    WorkCenter,
    WorkUnit,
)

SQUARE = ((0, 0), (9, 0), (9, 9))
UNIT = {"id": "U", "name": {"en": "a", "zh": "b"}, "kind": "station", "cycle_s": 9, "run_kw": 2, "idle_kw": 1,
        "basis": "assumed: a test"}  # fmt: skip

LEAST: dict[type[Noun], dict[str, object]] = {
    Text: {"en": "a", "zh": "b"},
    Site: {"park_id": "P", "timezone": "UTC", "latitude": 39, "longitude": 117, "width_m": 9, "depth_m": 9,
           "area_m2": 9, "accounting_grid_factor": "f", "residual_grid_factor": "f"},
    Building: {"id": "B", "kind": "office", "footprint": SQUARE, "height_m": 9, "floor_area_m2": 9},
    WorkUnit: UNIT,
    WorkCenter: {"id": "L", "building_id": "B", "segment_ids": ("S",), "start": (0, 0), "end": (9, 0), "takt_s": 9,
                 "node_id": "n", "work_unit": (UNIT,)},
    Shift: {"days": ("mon",), "start": "06:00", "end": "14:00"},
    Calendar: {},
    Maintenance: {"work_center_id": "L", "date": "2026-07-15", "start": "06:00", "end": "14:00", "reason": "service"},
    CrewShift: {"days": ("mon",), "start": "06:00", "end": "14:00", "heads": 2},
    CrewLine: {"work_center_id": "L", "run_heads": 1.0},
    Crew: {"id": "c", "shift": ({"days": ("mon",), "start": "06:00", "end": "14:00", "heads": 2},),
           "line": ({"work_center_id": "L", "run_heads": 1.0},)},
    Node: {"id": "n", "at": (1, 2), "kind": "dock"},
    Edge: {"a": "n", "b": "m"},
    Fleet: {"count": 2, "home_node": "n"},
    Warehouse: {"building_id": "B", "locations": 9, "node_id": "n"},
    Tree: {"id": "T", "kind": "tree", "species": "pine", "x_m": 1, "y_m": 2, "height_m": 9, "crown_m": 3},
    Segment: {"id": "S"},
    Product: {"id": "P", "kind": "finished", "family_id": "f", "segment_id": "S", "mass_kg": 2},
    Material: {"id": "M", "supplier_id": "s", "unit": "kg", "footprint_kg_per_unit": 1},
    BillLine: {"product_id": "P", "component_id": "M", "position": "case", "quantity": 1},
    Setup: {"work_center_id": "L", "from_family": "f", "to_family": "g", "duration_s": 60},
    Supplier: {"id": "s", "country": "CN"},
    Market: {"id": "m", "share": 1},
    Planning: {},
    OrderPattern: {"orders_per_day": 9, "small_share": 0.8, "small_below": 5, "large_share": 0.1, "large_above": 50,
                   "large_mean": 60, "medium_mean": 12},
    Meter: {"id": "m", "name_en": "a", "name_zh": "b", "commodity": "electricity", "role": "load", "purpose": "line"},
    Grid: {"import_limit_kw": 9, "export_limit_kw": 0, "export_cny_per_kwh": 0},
    SolarField: {"id": "PV", "building_id": "B", "peak_kw": 9, "inverter_kw": 9},
    Battery: {"id": "BAT", "capacity_kwh": 9, "power_kw": 9, "charge_efficiency": 0.9, "discharge_efficiency": 0.9},
    HeatPump: {"id": "HP", "power_kw": 9},
    HeatExchanger: {"id": "HX", "source": "ovens", "power_kw": 9, "source_c": 90},
    Tank: {"id": "TK", "capacity_kwh": 9},
    Boiler: {"id": "BO", "power_kw": 9, "factor_id": "gas"},
    HotWater: {"weekday_kwh": 9, "off_day_kwh": 9},
    Compressor: {"id": "C", "power_kw": 9},
    Chiller: {"id": "CH", "power_kw": 9},
    LampFleet: {"id": "L", "count": 9, "panel_w": 9, "battery_wh": 9, "lamp_w": 9, "line": ((0, 0), (9, 0))},
    Factor: {"id": "f", "publisher": "p", "document": "d", "cell": "c", "data_year": 2023, "geography": "CN",
             "kind": "fuel", "value": "0.5", "licence": "l", "verified": True},
    Band: {"band": "peak", "months": (1,), "hours": ((8, 10),)},
    Tariff: {"id": "t", "valid_from": "2026-01-01", "flat_cny_per_kwh": 0.7, "ratio": {"flat": 1}},
    MeterFile: {"file": "x.csv", "meter_id": "m", "time_column": "t", "time_format": "%Y", "label": "end",
                "value_column": "v", "value_unit": "kWh"},
}  # fmt: skip

INF = float("inf")
SHARE = ((0, 0.5, 1), (-0.01, 1.01))
"""A share from nothing to all of it."""

# Noun, field, what it takes, what it refuses.
BOUNDS: list[tuple[type[Noun], str, tuple[object, ...], tuple[object, ...]]] = [
    (Text, "en", ("a", "x" * 80), ("", "   ", "x" * 81)),
    (Text, "zh", ("园", "园" * 80), ("", "园" * 81)),
    (Site, "park_id", ("TJ", "a-1_b.c", "0" * 48), ("", "my park", "-TJ", ".TJ", "园", "0" * 49, "TJ/1")),
    (Site, "latitude", (-90, 0, 90), (-90.1, 90.1, INF)),
    (Site, "longitude", (-180, 180), (-180.1, 181)),
    (Site, "altitude_m", (-430, 6000), (-431, 6001)),
    (Site, "width_m", (0.1, 20_000), (0, -1, 20_001)),
    (Site, "depth_m", (0.1, 20_000), (0, 20_001)),
    (Site, "area_m2", (1e9,), (0, -5)),
    (Site, "metering_interval_s", (60, 900, 3600), (59, 3601, 900.5)),
    (Building, "footprint", (SQUARE,), (SQUARE[:2], ((0, 0), (1,), (2, 2)), "square")),
    (Building, "height_m", (0.1, 200), (0, 201)),
    (Building, "floor_area_m2", (0,), (-1,)),
    (Building, "wall_u", (0.01, 6), (0, 6.1)),
    (Building, "roof_u", (0.01, 6), (0, 6.1)),
    (Building, "glass_u", (0.01, 6), (0, 6.1)),
    (Building, "glass_g", *SHARE),
    (Building, "glass_area_m2", (0,), (-1,)),
    (Building, "air_changes_per_h", (0, 20), (-1, 21)),
    (Building, "heat_capacity_wh_per_m2k", (1,), (0,)),
    (Building, "lighting_w_per_m2", (0,), (-1,)),
    (Building, "heating_setpoint_c", (0, 35), (-1, 36)),
    (Building, "cooling_setpoint_c", (10, 40), (9, 41)),
    (Building, "kind", ("production", "warehouse", "office", "utility"), ("hall", "", None)),
    (Shift, "overtime_cny_per_h", (0, 100_000), (-1, 100_001)),
    (Maintenance, "date", ("2026-07-15",), ("15.7.2026", "today")),
    (Maintenance, "start", ("00:00", "23:59"), ("24:00", "6:00", "12")),
    (Maintenance, "end", ("24:00", "00:01"), ("24:01", "25:00", "noon")),
    (Maintenance, "reason", ("x", "x" * 120), ("", "x" * 121)),
    (CrewShift, "start", ("00:00", "23:59"), ("24:00", "6:00", "12")),
    (CrewShift, "end", ("24:00", "00:01"), ("24:01", "25:00", "noon")),
    (CrewShift, "days", (("mon", "sun"),), ((), ("monday",))),
    (CrewShift, "heads", (0, 10_000), (-1, 10_001, 1.5)),
    (Crew, "shift", (({"days": ("mon",), "start": "06:00", "end": "14:00", "heads": 2},),), ((),)),
    (Crew, "line", (({"work_center_id": "L", "run_heads": 1.0},),), ((),)),
    (CrewLine, "run_heads", (0, 0.5, 1000), (-1, 1001)),
    (CrewLine, "setup_heads", (0, 0.5, 1000), (-1, 1001)),
    (Planning, "setup_cny_per_h", (0, 100_000), (-1, 100_001)),
    (WorkUnit, "kind", ("printer", "oven", "test"), ("robot",)),
    (WorkUnit, "places", (1, 2000), (0, 2001, 1.5)),
    (WorkUnit, "buffer", (0, 10_000), (-1, 10_001)),
    (WorkUnit, "cycle_s", (0.1, 86_400), (0, 86_401)),
    (WorkUnit, "cycle_cv", (0, 3), (-0.1, 3.1)),
    (WorkUnit, "mtbf_s", (0,), (-1,)),
    (WorkUnit, "mttr_s", (0,), (-1,)),
    (WorkUnit, "fail_share", (0, 0.99), (-0.1, 1)),
    (WorkUnit, "scrap_share", *SHARE),
    (WorkUnit, "run_kw", (0, 5000), (-1, 5001)),
    (WorkUnit, "idle_kw", (0, 5000), (-1, 5001)),
    (WorkUnit, "off_kw", (0, 500), (-1, 501)),
    (WorkUnit, "position_m", (0,), (-1,)),
    (WorkCenter, "segment_ids", (("S",), ("S", "R")), ((), "S")),
    (WorkCenter, "lot_min", (1,), (0,)),
    (WorkCenter, "lot_max", (1,), (0,)),
    (WorkCenter, "start", ((0, 0),), ((0,), (0, 0, 0), "0,0")),
    (WorkCenter, "room", (0, 1, 2000), (-1, 2001, 1.5)),
    (WorkCenter, "takt_s", (0.1,), (0,)),
    (WorkCenter, "setup_s", (0, 86_400), (-1, 86_401)),
    (WorkCenter, "work_unit", ((UNIT, UNIT | {"id": "V"}),), ((), (UNIT | {"colour": "red"},))),
    (Shift, "days", (("mon", "sun"),), ((), ("monday",), ("Mon",))),
    (Shift, "start", ("00:00", "23:59"), ("24:00", "6:00", "06:60", "0600", "06:00:00")),
    (Shift, "end", ("00:01", "24:00"), ("24:01", "25:00", "2:00")),
    (Node, "kind", ("line", "charger", "crossing"), ("gate",)),
    (Fleet, "count", (0, 2000), (-1, 2001, 1.5)),
    (Fleet, "speed_m_per_s", (0.1, 10), (0, 11)),
    (Fleet, "handling_s", (0, 600), (-1, 601)),
    (Fleet, "drive_kw", (0, 50), (-1, 51)),
    (Fleet, "idle_kw", (0, 50), (-1, 51)),
    (Fleet, "load_kg", (0.1, 10_000), (0, 10_001)),
    (Warehouse, "locations", (1,), (0,)),
    (Warehouse, "crane_kwh_per_move", (0, 10), (-1, 11)),
    (Warehouse, "base_kw", (0, 500), (-1, 501)),
    (Tree, "kind", ("tree", "roof", "wall"), ("bush",)),
    (Tree, "x_m", (0,), (-1,)),
    (Tree, "y_m", (0,), (-1,)),
    (Tree, "height_m", (0.1, 60), (0, 61)),
    (Tree, "crown_m", (0.1, 60), (0, 61)),
    (Product, "kind", ("finished", "board"), ("part",)),
    (Product, "cycle_factor", (0.1, 20), (0, 21)),
    (Product, "mass_kg", (0.001, 1000), (0, 1001)),
    (Product, "share", (0, 7), (-1,)),
    (Product, "part_min", (1, 50), (0, 1.5)),
    (Product, "parts_max", (1, 99), (0, 100)),
    (Material, "unit", ("piece", "kg", "m", "m2"), ("g", "pcs")),
    (Material, "footprint_kg_per_unit", (0,), (-1,)),
    (Material, "lot_size", (0.1,), (0,)),
    (Material, "gtin", ("09520000000011", "04012345123456"), ("09520000000012", "9520000000011", "", "0952000000001x")),
    (BillLine, "quantity", (0.001, 10_000), (0, 10_001)),
    (Setup, "duration_s", (0, 86_400), (-1, 86_401)),
    (Supplier, "country", ("CN", "DE"), ("cn", "CHN", "C", "中国")),
    (Supplier, "late_share", *SHARE),
    (Supplier, "late_mean_s", (0, 864_000), (-1, 864_001)),
    (Market, "share", (0, 9), (-1,)),
    (OrderPattern, "orders_per_day", (0, 200_000), (-1, 200_001, 2.5)),
    (OrderPattern, "small_share", *SHARE),
    (OrderPattern, "small_below", (2, 1000), (1, 1001)),
    (OrderPattern, "large_share", *SHARE),
    (OrderPattern, "large_above", (2, 100_000), (1, 100_001)),
    (OrderPattern, "large_mean", (0.1,), (0,)),
    (OrderPattern, "medium_mean", (0.1,), (0,)),
    (OrderPattern, "due_same_shift_share", *SHARE),
    (OrderPattern, "lateness_cny_per_h", (0,), (-1,)),
    (OrderPattern, "stock_share", (0, 2), (-0.1, 2.1)),
    (OrderPattern, "opening_boards", (0,), (-1,)),
    (Meter, "commodity", ("electricity", "heat", "gas", "water"), ("steam",)),
    (Meter, "role", ("import", "export", "generation", "charge", "discharge", "load"), ("consumption",)),
    (Meter, "purpose", ("site", "machine", "kitchen", "it"), ("lift",)),
    (Meter, "base_kw", (0, 10_000), (-0.1, 10_001)),
    (Meter, "register_mwh_max", (10**9,), (10**9 - 1,)),
    (Grid, "import_limit_kw", (0.1,), (0,)),
    (Grid, "export_limit_kw", (0,), (-1,)),
    (Grid, "export_cny_per_kwh", (0,), (-1,)),
    (Grid, "loss_share", (0, 0.2), (-0.01, 0.21)),
    (SolarField, "peak_kw", (0.1,), (0,)),
    (SolarField, "inverter_kw", (0.1,), (0,)),
    (SolarField, "tilt_deg", (0, 90), (-1, 91)),
    (SolarField, "azimuth_deg", (0, 359.9), (-1, 360)),
    (SolarField, "loss_share", (0, 0.99), (-0.1, 1)),
    (SolarField, "temperature_per_k", (-0.02, 0), (-0.021, 0.001)),
    (Battery, "capacity_kwh", (0.1,), (0, -4)),
    (Battery, "power_kw", (0.1,), (0,)),
    (Battery, "charge_efficiency", (0.51, 1), (0.5, 1.01, 90)),
    (Battery, "discharge_efficiency", (0.51, 1), (0.5, 1.01)),
    (Battery, "opening_share", *SHARE),
    (Battery, "wear_cny_per_kwh", (0,), (-1,)),
    (HeatPump, "power_kw", (0.1,), (0,)),
    (HeatPump, "carnot_share", (0.01, 0.99), (0, 1)),
    (HeatPump, "source_c", (-10, 80), (-11, 81)),
    (HeatPump, "supply_c", (30, 90), (29, 91)),
    (HeatExchanger, "power_kw", (0.1,), (0,)),
    (HeatExchanger, "source_c", (-10, 400), (-11, 401)),
    (HeatExchanger, "supply_c", (30, 90), (29, 91)),
    (HeatExchanger, "return_c", (0, 80), (-1, 81)),
    (Tank, "capacity_kwh", (0.1,), (0,)),
    (Tank, "hot_c", (30, 98), (29, 99)),
    (Tank, "cold_c", (5, 90), (4, 91)),
    (Tank, "loss_share_per_h", (0, 0.5), (-0.1, 0.51)),
    (Tank, "opening_share", *SHARE),
    (Boiler, "power_kw", (0.1,), (0,)),
    (Boiler, "efficiency", (0.51, 1), (0.5, 1.1)),
    (Boiler, "gas_cny_per_kwh", (0,), (-1,)),
    (HotWater, "weekday_kwh", (0,), (-1,)),
    (HotWater, "off_day_kwh", (0,), (-1,)),
    (Compressor, "power_kw", (0.1,), (0,)),
    (Compressor, "idle_share", *SHARE),
    (Compressor, "heat_share", (0, 0.95), (-0.1, 0.96)),
    (Chiller, "power_kw", (0.1,), (0,)),
    (Chiller, "cop", (1.1, 12), (1, 12.1)),
    (LampFleet, "count", (0, 20_000), (-1, 20_001)),
    (LampFleet, "panel_w", (0.1,), (0,)),
    (LampFleet, "battery_wh", (0.1,), (0,)),
    (LampFleet, "lamp_w", (0.1,), (0,)),
    (LampFleet, "dimmed_share", *SHARE),
    (LampFleet, "dim_after_h", (0, 24), (-1, 25)),
    (LampFleet, "passers_per_h", (0, 3600), (-1, 3601)),
    (LampFleet, "bright_s", (0.1, 3600), (0, 3601)),
    (LampFleet, "line", (((0, 0), (1, 1)),), (((0, 0),), ())),
    (Factor, "data_year", (1990, 2100), (1989, 2101)),
    (Factor, "kind", ("grid_average", "grid_residual", "life_cycle", "fuel"), ("grid",)),
    (Factor, "value", ("0", "0.6796", "123.123456789"), ("-1", ".5", "1.", "1e3", "0.1234567891", "1234", "0,5", "")),
    *((Factor, name, ("x",), ("", "  ")) for name in ("publisher", "document", "cell", "geography", "licence")),
    (Factor, "verified", (True, "true", "false"), ("maybe",)),
    (Band, "band", ("sharp", "peak", "flat", "valley"), ("spike",)),
    (Band, "months", ((1, 12),), ((), ("jan",))),
    (Band, "hours", (((0, 24),), ((0, 1), (2, 3))), ((), ((1,),), (1, 2))),
    (Tariff, "valid_from", ("2025-10-01",), ("2025-10-1", "01.10.2025", "")),
    (Tariff, "flat_cny_per_kwh", (-10, 10), (-10.1, 10.1)),
    (Tariff, "carbon_cny_per_t", (0, 10_000), (-0.1, 10_001)),
    (Tariff, "certificate_cny_per_mwh", (0, 10_000), (-0.1, 10_001)),
    (Tariff, "ratio", ({"flat": 1, "peak": 1.6},), ({"spike": 2}, {"flat": "dear"})),
    (MeterFile, "label", ("start", "end"), ("middle",)),
    (MeterFile, "value_unit", ("kWh", "mWh", "Wh", "MWh", "register_kWh"), ("J", "kwh")),
]  # fmt: skip

EACH = pytest.mark.parametrize("noun", LEAST, ids=lambda noun: noun.__name__)


def made(noun: type[Noun], **fields: object) -> Noun:
    """A noun with no more than it needs, and what is given."""
    extra = {"basis": "assumed: a test"} if "basis" in noun.model_fields else {}
    extra |= {"name": {"en": "a", "zh": "b"}} if "name" in noun.model_fields else {}
    return noun.model_validate(extra | LEAST[noun] | fields)


@pytest.mark.parametrize(("noun", "field", "good", "bad"), BOUNDS, ids=lambda part: getattr(part, "__name__", None))
def test_a_field_takes_what_can_be_and_refuses_what_cannot(noun, field, good, bad):
    for value in good:
        assert field in made(noun, **{field: value}).model_fields_set
    for value in bad:
        with pytest.raises(ValidationError) as refused:
            made(noun, **{field: value})
        assert {problem["loc"][0] for problem in refused.value.errors()} == {field}, value


def test_every_bounded_figure_of_every_noun_is_tried():
    bounded = {
        (noun, name)
        for noun in LEAST
        for name, info in noun.model_fields.items()
        if info.metadata and not (name == "id" or name.startswith("name_"))
    }
    tried = {(noun, name) for noun, name, _, _ in BOUNDS}
    assert bounded <= tried, bounded - tried


@EACH
def test_each_field_without_a_default_must_be_given(noun):
    for name, info in noun.model_fields.items():
        if info.is_required():
            fields = made(noun).model_dump()
            del fields[name]
            with pytest.raises(ValidationError) as refused:
                noun.model_validate(fields)
            assert [(problem["loc"], problem["type"]) for problem in refused.value.errors()] == [((name,), "missing")]


@EACH
def test_an_unknown_key_is_refused_and_a_noun_cannot_be_changed(noun):
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        made(noun, colour="red")
    one, field = made(noun), next(iter(noun.model_fields))
    with pytest.raises(ValidationError, match="Instance is frozen"):
        setattr(one, field, getattr(one, field))


@EACH
def test_a_noun_written_out_and_read_again_is_the_same(noun):
    one = made(noun)
    assert noun.model_validate_json(one.model_dump_json()) == one


@EACH
def test_no_figure_is_endless_or_no_number(noun):
    for name, info in noun.model_fields.items():
        if info.annotation is float:
            for value in (float("nan"), INF, -INF):
                with pytest.raises(ValidationError, match=name):
                    made(noun, **{name: value})


@EACH
def test_every_field_says_what_it_means_and_every_figure_in_which_unit(noun):
    for name, info in noun.model_fields.items():
        assert info.description, name
        unit = info.json_schema_extra["unit"] if isinstance(info.json_schema_extra, dict) else None
        assert unit is not None, name
        assert unit or info.annotation not in (int, float), name


def test_a_basis_is_one_line_or_one_for_each_field():
    assert made(Market, basis="cited: MEE, 2025").basis == "cited: MEE, 2025"
    assert made(Market, basis={"share": "cited: MEE, 2025"}).basis == {"share": "cited: MEE, 2025"}
    for wrong in (3, ["cited: MEE"], {"share": 3}, None):
        with pytest.raises(ValidationError, match="basis"):
            made(Market, basis=wrong)


def test_all_that_hold_figures_of_the_world_say_where_they_come_from():
    without = {noun.__name__ for noun in LEAST if not issubclass(noun, Sourced) and "basis" not in noun.model_fields}
    # Geometry, time and text are the park's own; a factor names its publisher, a meter file is data itself.
    place_and_time = {"Text", "Shift", "Calendar", "Maintenance", "CrewShift", "CrewLine", "Node", "Edge"}
    assert without == place_and_time | {"Segment", "Factor", "Band", "MeterFile"}


LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


@given(st.text(max_size=60) | st.text(LETTERS + "_.- /#+", max_size=60))
def test_an_identity_that_is_taken_is_safe_in_file_names_topics_and_addresses(text):
    try:
        taken = made(Segment, id=text).id
    except ValidationError:
        assert not text or len(text) > 48 or text[0] not in LETTERS or not set(text) <= set(LETTERS + "_.-")
    else:
        assert 0 < len(taken) <= 48
        assert set(taken) <= set(LETTERS + "_.-")
        assert taken[0] in LETTERS
        assert taken in text
