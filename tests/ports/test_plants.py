"""What every plant keeps, simulated or read from files: the contract of the port Plant."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from parkwright.connect.files import FilePlant
from parkwright.model.opening import folder_opening
from parkwright.model.tables import TABLES
from parkwright.run.ports import CallOff, JobRelease, Orders, SetPoint, TransportOrder
from parkwright.store.folder import load
from parkwright.store.new import write_park
from parkwright.twin.park import Twin

DAY = date(2026, 7, 15)


@pytest.fixture(scope="module")
def park(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plants") / "park"
    write_park(folder, "PORTS")
    return load(folder)


@pytest.fixture(params=["twin", "files"])
def plant(request, park):
    if request.param == "twin":
        return Twin(park, DAY, 1, folder_opening(park))
    return FilePlant(park.midnight(DAY))


def minute(park, k):
    return park.midnight(DAY) + timedelta(minutes=k)


def orders(park, at):
    """One order of each kind, about things that no park has."""
    return Orders(
        at,
        call_offs=(CallOff("ghost-job", "ghost-product", 1, at),),
        releases=(JobRelease("ghost-job", "ghost-product", "ghost", "ghost", "ghost-line", 1, 0.0),),
        set_points=(SetPoint("ghost-asset", 10.0),),
        transports=(TransportOrder("ghost-task", "ghost-robot", "load", "a", "b"),),
    )


def test_an_image_is_of_the_instant_that_was_asked_for(plant, park):
    for k in (1, 2, 5, 5):
        assert plant.sense(minute(park, k)).at == minute(park, k)


def test_the_tables_of_an_image_keep_their_contracts(plant, park):
    image = plant.sense(minute(park, 7 * 60))
    for name, frame in image.tables.items():
        assert dict(frame.schema) == TABLES[name].schema


def test_looking_back_is_refused(plant, park):
    plant.sense(minute(park, 10))
    with pytest.raises(ValueError, match="before"):
        plant.sense(minute(park, 9))


def test_what_happened_is_told_once(plant, park):
    plant.sense(minute(park, 7 * 60))
    again = plant.sense(minute(park, 7 * 60)).tables
    for name in set(again) - {"presence", "samples"}:
        assert again[name].is_empty()


def test_every_order_is_answered(plant, park):
    at = minute(park, 1)
    plant.sense(at)
    given = orders(park, at)
    receipts = plant.act(given)
    count = len(given.call_offs) + len(given.releases) + len(given.set_points) + len(given.transports)
    assert receipts.accepted + len(receipts.refused) == count


def test_an_order_about_a_thing_that_is_not_there_is_refused_by_name_and_reason(plant, park):
    at = minute(park, 1)
    plant.sense(at)
    refused = plant.act(orders(park, at)).refused
    assert {"ghost-asset", "ghost-task"} <= {one.thing_id for one in refused}
    assert all(one.reason for one in refused)


def test_no_orders_are_no_answers(plant, park):
    receipts = plant.act(Orders(minute(park, 0)))
    assert receipts.accepted == 0
    assert not receipts.refused


def test_a_plant_of_files_begins_with_the_first_image():
    plant = FilePlant()
    at = datetime(2018, 1, 1, tzinfo=UTC)
    assert plant.sense(at).at == at
    with pytest.raises(ValueError, match="before"):
        plant.sense(at - timedelta(seconds=1))
