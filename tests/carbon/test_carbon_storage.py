import pytest
from carbon_park import KWH, QUIET, make_park
from hypothesis import given
from hypothesis import strategies as st

from parkwright.carbon.storage import turns
from parkwright.model.opening import Pool

PARK = make_park()


def turn(charged=0, discharged=0, pool=None):
    pools = {"BAT1": pool} if pool else {}
    (found,) = turns(PARK, {**QUIET, "bat-in": charged, "bat-out": discharged}, pools)
    return found


def test_charging_loses_what_the_efficiency_says():
    found = turn(charged=20 * KWH, pool=Pool(10 * KWH, 100, 90, 80))
    assert (found.stored_mwh_int, found.charge_loss_mwh_int) == (19 * KWH, KWH)
    assert found.closing(7, 6, 5) == Pool(29 * KWH, 107, 96, 85)


def test_discharging_draws_more_than_it_gives_and_takes_carbon_in_proportion():
    found = turn(discharged=24 * KWH, pool=Pool(50 * KWH, 1000, 900, 300))
    assert found.discharge_loss_mwh_int == KWH
    assert (found.location_ug, found.market_ug, found.cost_1e4cny) == (500, 450, 150)
    assert found.closing(0, 0, 0) == Pool(25 * KWH, 500, 450, 150)


def test_an_emptied_pool_gives_all_that_it_carries():
    found = turn(discharged=24 * KWH, pool=Pool(25 * KWH, 1001, 901, -3))
    assert found.closing(0, 0, 0) == Pool(0, 0, 0, 0)


def test_a_pool_that_cannot_cover_its_loss_loses_less():
    found = turn(discharged=24 * KWH, pool=Pool(24 * KWH + 5, 10, 10))
    assert (found.discharge_loss_mwh_int, found.overdrawn_mwh_int) == (5, 0)


def test_energy_that_the_pool_did_not_hold_is_named():
    found = turn(discharged=24 * KWH, pool=Pool(20 * KWH, 10, 10))
    assert (found.discharge_loss_mwh_int, found.overdrawn_mwh_int) == (0, 4 * KWH)
    assert found.closing(0, 0, 0).energy_mwh_int == 0


def test_a_full_pool_books_the_rest_as_loss():
    found = turn(charged=20 * KWH, pool=Pool(95 * KWH, 0, 0))
    assert (found.stored_mwh_int, found.charge_loss_mwh_int) == (5 * KWH, 15 * KWH)


def test_a_battery_that_the_folder_does_not_describe_has_no_losses():
    park = make_park(energy=PARK.energy.model_copy(update={"battery": ()}))
    (found,) = turns(park, {**QUIET, "bat-in": 7, "bat-out": 3}, {})
    assert (found.losses_mwh_int, found.stored_mwh_int) == (0, 7)
    assert found.closing(0, 0, 0).energy_mwh_int == 4


@given(
    st.integers(0, 60 * KWH),
    st.integers(0, 60 * KWH),
    st.integers(0, 100 * KWH),
    st.integers(0, 10**12),
    st.integers(-(10**6), 10**6),
)
def test_stored_energy_stays_within_the_capacity_and_nothing_is_lost_unseen(charged, discharged, energy, carbon, cost):
    found = turn(charged, discharged, Pool(energy, carbon, carbon, cost))
    after = found.closing(0, 0, 0)
    assert 0 <= after.energy_mwh_int <= 100 * KWH
    assert energy + charged + found.overdrawn_mwh_int == discharged + found.losses_mwh_int + after.energy_mwh_int
    assert found.charge_loss_mwh_int >= 0
    assert found.discharge_loss_mwh_int >= 0
    assert 0 <= after.location_ug <= carbon


def test_a_park_without_battery_meters_has_no_turns():
    assert turns(make_park(()), {}, {"BAT1": Pool(1, 1, 1)}) == []
    assert turn(pool=Pool(7, 7, 7, 7)).closing(0, 0, 0) == Pool(7, 7, 7, 7)
    with pytest.raises(KeyError):
        turns(PARK, {}, {})
