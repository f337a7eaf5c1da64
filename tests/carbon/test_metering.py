import polars as pl
import pytest
from carbon_park import KWH, METERS, QUIET, START, make_park, meter, readings

from parkwright.carbon import metering
from parkwright.model.errors import LedgerError

PARK = make_park()


def test_roles_are_listed_by_id_and_electricity_only():
    assert [m.id for m in metering.of_role(PARK, "import")] == ["grid-in"]
    assert [m.id for m in metering.of_role(PARK, "load")] == [
        "m-asm", "m-b1", "m-hvac", "m-nb", "m-oven", "m-smt", "m-test",
    ]  # fmt: skip


def test_the_tree_hangs_load_meters_below_the_busbar():
    children = metering.tree(PARK, "electricity")
    assert [m.id for m in children[""]] == ["m-b1"]
    assert [m.id for m in children["m-b1"]] == ["m-hvac", "m-nb", "m-smt"]
    assert children["m-asm"] == []
    assert [m.id for m in metering.tree(PARK, "gas")[""]] == ["gas"]


def test_a_line_meter_covers_what_no_machine_meter_does():
    rows = metering.coverage(PARK).select("meter_id", "line_id", "work_unit_id").rows()
    assert rows == [
        ("m-asm", "NB", "NB-asm"),
        ("m-nb", "NB", "NB-pack"),
        ("m-oven", "SMT", "SMT-oven"),
        ("m-smt", "SMT", "SMT-print"),
        ("m-test", "NB", "NB-test"),
    ]


def test_power_is_counted_by_place():
    oven = metering.coverage(PARK).row(by_predicate=pl.col("work_unit_id") == "SMT-oven", named=True)
    assert (oven["run_milliwatt"], oven["idle_milliwatt"], oven["places"]) == (5_000_000, 2_000_000, 10)
    assert metering.milliwatt_per_place(1e-9, 10) == 1
    assert metering.milliwatt_per_place(0.0, 10) == 0


@pytest.mark.parametrize(("purpose", "says"), [("machine", "no work unit"), ("line", "no line")])
def test_a_meter_that_serves_nothing_is_named(purpose, says):
    park = make_park((*METERS, meter("m-lost", "m-b1", "load", "gone", purpose)))
    with pytest.raises(LedgerError, match=f"m-lost.*{says}"):
        metering.coverage(park)


def test_own_consumption_is_the_reading_less_the_children():
    energy = {**QUIET, "m-b1": 100, "m-nb": 60, "m-smt": 30, "m-hvac": 20, "m-asm": 25, "m-test": 25}
    own = {o.meter.id: o.own_mwh_int for o in metering.owns(PARK, "electricity", energy)}
    assert own == {"m-asm": 25, "m-b1": -10, "m-hvac": 20, "m-nb": 10, "m-oven": 0, "m-smt": 30, "m-test": 25}


def test_readings_of_other_intervals_and_of_water_are_left_out():
    rows = pl.concat([readings(QUIET | {"gas": 5 * KWH}), readings(QUIET, START.replace(hour=20))])
    found = metering.energies(PARK, START, rows)
    assert found["gas"] == 5 * KWH
    assert "water" not in found
    assert "heat" not in found


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (readings({k: v for k, v in QUIET.items() if k != "m-asm"}), "'m-asm'.*no reading"),
        (readings({**QUIET, "m-asm": None}), "m-asm: no energy"),
        (readings({**QUIET, "m-new": 5}), "m-new: not in park"),
        (pl.concat([readings(QUIET), readings({"m-asm": 0})]), "m-asm: two readings"),
        (readings(QUIET, START.replace(hour=20)), "no reading"),
    ],
)
def test_a_reading_that_is_missing_unknown_or_double_is_refused(rows, says):
    with pytest.raises(LedgerError, match=says):
        metering.energies(PARK, START, rows)
