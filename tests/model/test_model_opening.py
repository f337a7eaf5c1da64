"""What a day opens with as the folder states it, and errors as lines for a person."""

from __future__ import annotations

import dataclasses

import pytest
from test_model_park import park

from parkwright.model.errors import Finding, LedgerError, ParkError, ParkwrightError, PlanError, TableError
from parkwright.model.opening import Opening, Pool, folder_opening
from parkwright.model.plant import Battery, EnergyPlant, Grid, Tank

NAME = {"en": "a", "zh": "a"}
ASSUMED = "assumed: a test"
GRID = Grid(import_limit_kw=1, export_limit_kw=0, export_cny_per_kwh=0, basis=ASSUMED)


def battery(battery_id: str, capacity_kwh: float, share: float) -> Battery:
    return Battery(
        id=battery_id, name=NAME, capacity_kwh=capacity_kwh, power_kw=1, charge_efficiency=0.95,
        discharge_efficiency=0.95, opening_share=share, basis=ASSUMED,
    )  # fmt: skip


def test_stores_open_at_their_share_and_batteries_without_history():
    tank = Tank(id="TK", name=NAME, capacity_kwh=500, opening_share=0.5, basis=ASSUMED)
    energy = EnergyPlant(grid=GRID, battery=(battery("A", 2000, 0.3), battery("B", 100, 0)), tank=(tank,))
    found = folder_opening(park(energy=energy))
    assert found.stored_kwh == {"A": 600.0, "B": 0.0, "TK": 250.0}
    assert found.pools == {"A": Pool(600_000_000, 0, 0, 0), "B": Pool(0, 0, 0, 0)}


@pytest.mark.parametrize(
    ("capacity_kwh", "share", "energy_mwh_int"),
    [(0.1, 0.1, 10_000), (1 / 3, 1, 333_333), (1e-6, 0.5, 0), (7, 1, 7_000_000)],
)
def test_a_pool_holds_whole_milliwatt_hours(capacity_kwh, share, energy_mwh_int):
    energy = EnergyPlant(grid=GRID, battery=(battery("A", capacity_kwh, share),))
    assert folder_opening(park(energy=energy)).pools["A"].energy_mwh_int == energy_mwh_int


def test_a_park_without_stores_opens_empty():
    assert folder_opening(park()) == Opening()


def test_an_opening_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Opening().stored_kwh = {}
    with pytest.raises(dataclasses.FrozenInstanceError):
        Pool(1, 2, 3).energy_mwh_int = 5


def test_a_finding_names_its_row_where_it_has_one():
    assert str(Finding("a.csv", 3, "meter 'm'", "is -1", "give 0")) == "a.csv:3: meter 'm': is -1; give 0"
    assert str(Finding("a.csv", 0, "a.csv", "is missing", "add it")) == "a.csv: a.csv: is missing; add it"


def test_an_error_of_a_park_tells_all_findings_by_file_and_row():
    late, early, other = (
        Finding("b", 9, "x", "y", "z"),
        Finding("b", 2, "x", "y", "z"),
        Finding("a", 5, "x", "y", "z"),
    )
    error = ParkError([late, early, other])
    assert error.findings == [other, early, late]
    assert str(error).splitlines() == ["a:5: x: y; z", "b:2: x: y; z", "b:9: x: y; z"]


@pytest.mark.parametrize("error", [ParkError([]), TableError("t"), LedgerError("l"), PlanError("p")])
def test_every_error_on_purpose_can_be_told_from_a_crash(error):
    assert isinstance(error, ParkwrightError)
