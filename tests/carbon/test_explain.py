from dataclasses import asdict, replace
from fractions import Fraction

import polars as pl
import pytest
from carbon_park import KWH, START
from worked_day import PARK, POSTINGS_, READINGS_, day_books

from parkwright.carbon.explain import materials, unit
from parkwright.carbon.passport import counted, materials_ug
from parkwright.model.errors import LedgerError
from parkwright.model.tables import FOOTPRINTS

BOOKS = day_books()
EVERY = POSTINGS_.vstack(BOOKS.postings)
FIGURES = ("direct_mwh_int", "overhead_mwh_int", "location_ug", "market_ug", "material_ug", "cost_1e4cny")


def explained(unit_id, postings=EVERY):
    return unit(unit_id, postings, READINGS_, PARK)


@pytest.mark.parametrize("unit_id", ["U1", "U3"])
def test_the_steps_add_up_to_the_passport(unit_id):
    passport = {row["unit_id"]: row for row in BOOKS.passports.iter_rows(named=True)}[unit_id]
    found = explained(unit_id)
    assert {key: getattr(found, key) for key in FIGURES} == {key: passport[key] for key in FIGURES}


@pytest.mark.parametrize("unit_id", ["U1", "U2", "U3", "B1"])
def test_every_share_is_whole_times_weight_over_weights_to_one_unit(unit_id):
    found = explained(unit_id)
    shares = [step.share for step in (*found.energy, *found.emissions, *found.overheads)]
    assert shares
    for share in shares:
        assert share.rounding in (0, 1)
        assert 0 <= share.weight <= share.weights
        assert abs(share.quantity - Fraction(share.whole * share.weight, share.weights)) < 1


def test_a_meter_step_goes_back_to_the_reading():
    (step,) = [s for s in explained("U1").energy if s.meter_id == "m-asm"]
    assert (step.reading_mwh_int, step.children_mwh_int, step.quality) == (10 * KWH + 1, 0, "good")
    assert (step.start, step.account) == (START, "unit:U1")
    assert step.share.whole == 10 * KWH + 1
    assert step.share.weight == 200_000 * 3_000_000


def test_a_line_meters_step_shows_what_its_children_took():
    (step,) = [s for s in explained("U1").energy if s.meter_id == "m-nb"]
    assert step.children_mwh_int == 16 * KWH + 3
    assert step.share.whole == 4 * KWH - 3


def test_a_factor_step_goes_back_to_the_imported_energy_and_the_factor():
    step = next(s for s in explained("U1").emissions if s.view == "location" and s.start == START)
    assert (step.imported_mwh_int, step.factor_id, step.factor_value) == (100 * KWH, "grid", "0.6796")
    assert step.bought == 100 * 679_600_000
    assert step.carried == 0
    assert step.share.whole == step.bought + step.carried


def test_what_a_battery_carried_is_a_part_of_its_own():
    step = next(s for s in explained("U3").emissions if s.view == "market" and s.start != START)
    assert step.carried > 0
    assert step.share.whole == step.bought + step.carried


def test_the_weights_of_a_factor_step_are_the_energy_of_the_interval():
    found = explained("U3")
    for step in found.emissions:
        energy = sum(s.share.quantity for s in found.energy if (s.account, s.start) == (step.account, step.start))
        assert step.share.weight == energy


def test_overheads_name_their_sources():
    found = explained("U1")
    scrap = [s for s in found.overheads if s.method_id == "scrap_transfer" and s.commodity == "electricity"]
    assert {s.scope: set(s.sources) for s in scrap} == {"job J1": {"unit:U2"}, "job JB": {"unit:B2"}}
    park = next(s for s in found.overheads if s.scope == "park" and s.commodity == "electricity")
    assert {"base:m-hvac", "losses:site", "idle:SMT"} <= set(park.sources)
    assert park.share.whole == sum(park.sources.values())


def test_a_unit_brings_its_board():
    found = explained("U1")
    assert found.boards == ("B1",)
    assert {step.account for step in found.energy} == {"unit:U1", "unit:B1"}
    assert explained("U3").boards == ()


def test_before_the_day_is_closed_there_are_direct_steps_only():
    found = explained("U1", POSTINGS_)
    assert found.overheads == ()
    assert found.overhead_mwh_int == 0
    assert found.direct_mwh_int > 0


def test_an_explanation_is_plain_data():
    found = asdict(explained("U1"))
    assert found["energy"][0]["share"].keys() == {"whole", "weight", "weights", "rounding", "quantity"}


def test_materials_open_the_boards():
    steps = materials("NB14", PARK)
    assert [(s.material_id, s.board_id, s.quantity, s.material_ug) for s in steps] == [
        ("panel", "", 1.0, 30_100_000_000),
        ("pcb", "MB1", 2.0, 20_100_000_000),
    ]
    assert materials("NB16", PARK) == ()


def test_what_scrapped_units_consumed_is_a_step_with_its_source():
    steps = [step for step in explained("U1").overheads if step.view == "materials"]
    assert {step.scope: (dict(step.sources), step.share.quantity) for step in steps} == {
        "job J1": ({"unit:U2": 50_200_000_000}, 50_200_000_000),
        "job JB": ({"unit:B2": 20_100_000_000}, 20_100_000_000),
    }


@pytest.mark.parametrize("each", [10.05, 0.0000000005, 1 / 3, 2.0000000004])
def test_material_steps_add_up_to_what_is_booked_to_the_microgram(each):
    bent = replace(PARK, materials=tuple(m.model_copy(update={"footprint_kg_per_unit": each}) for m in PARK.materials))
    lines = tuple(line.model_copy(update={"quantity": 0.7}) for line in PARK.bill)
    park = replace(bent, bill=lines)
    steps = materials("NB14", park)
    assert sum(step.material_ug for step in steps) == materials_ug(park)["NB14"]
    assert len(steps) == 2


def test_a_material_says_where_its_footprint_comes_from():
    bases = {step.material_id: step.basis for step in materials("NB14", PARK)}
    assert bases == {material.id: material.basis for material in PARK.materials if material.id in bases}
    told = pl.DataFrame([("2026-07-15", "pcb", 8.0, "D-1")], schema=FOOTPRINTS.schema, orient="row")
    steps = {step.material_id: step for step in materials("NB14", counted(PARK, told))}
    assert (steps["pcb"].basis, steps["pcb"].board_id) == ("cited: the supplier's declaration D-1", "MB1")
    assert steps["pcb"].material_ug == 16 * 10**9
    by_field = [one.model_copy(update={"basis": {"footprint_kg_per_unit": "cited: b"}}) for one in PARK.materials]
    found = materials("NB14", replace(PARK, materials=tuple(by_field)))
    assert {step.basis for step in found} == {"cited: b"}


def test_an_unknown_unit_is_refused_by_name():
    with pytest.raises(LedgerError, match="unit NOPE: no posting"):
        explained("NOPE")
