import polars as pl
import pytest
from carbon_park import (
    KWH,
    METERS,
    QUARTER,
    QUIET,
    START,
    factor,
    make_park,
    meter,
    passages,
    readings,
)

from parkwright.carbon import occupancy, proof
from parkwright.carbon.interval import close
from parkwright.ledger.views import balances, total, unbalanced
from parkwright.model.errors import LedgerError
from parkwright.model.opening import Pool
from parkwright.model.tables import PRESENCE

PARK = make_park()
BUSY = {
    "grid-in": 100 * KWH, "grid-out": KWH, "pv": 10 * KWH, "bat-in": 2 * KWH, "bat-out": 5 * KWH, "m-b1": 110 * KWH,
    "m-nb": 50 * KWH, "m-asm": 10 * KWH + 1, "m-test": 20 * KWH, "m-smt": 40 * KWH, "m-oven": 35 * KWH,
    "m-hvac": 15 * KWH, "gas": 7 * KWH,
}  # fmt: skip
FULL = {"BAT1": Pool(50 * KWH, 10**9, 9 * 10**8, 1234)}


def books(energies=None, rows=(), park=PARK, price=7000, pools=None):
    end = START + QUARTER
    at_work = occupancy.of_interval(park, START, end, passages(*rows), PRESENCE.empty())
    return close(park, START, end, readings({**QUIET, **(energies or {})}), at_work, price, pools or {})


def held(postings, commodity="electricity", view="physical"):
    rows = balances(postings).filter((pl.col("commodity") == commodity) & (pl.col("view") == view))
    return {account: quantity for account, quantity in rows.select("account", "quantity").iter_rows() if quantity}


def test_a_machine_is_shared_by_time_and_power_and_its_empty_time_is_idle():
    """600 s at 3 kW, 300 s empty at 1 kW: 1800 to 300, so 18/21 and 3/21 of 21 kWh."""
    found = books(
        {"grid-in": 21 * KWH, "m-b1": 21 * KWH, "m-nb": 21 * KWH, "m-asm": 21 * KWH},
        [("U1", "J", "NB-asm", 0, 200), ("U2", "J", "NB-asm", 500, 900)],
    )
    assert held(found.postings) == {
        "source:grid": -21 * KWH, "unit:U1": 6 * KWH, "unit:U2": 12 * KWH, "idle:NB": 3 * KWH,
    }  # fmt: skip


def test_a_machine_with_places_counts_each_empty_place():
    """4 places x 900 s: 900 s of one unit at 3 kW, 2700 s empty at 1 kW, so half to half."""
    found = books({"grid-in": 8, "m-b1": 8, "m-nb": 8, "m-test": 8}, [("U1", "J", "NB-test", 0, 900)])
    assert held(found.postings) == {"source:grid": -8, "unit:U1": 4, "idle:NB": 4}


def test_a_machine_without_units_is_idle():
    found = books({"grid-in": 5, "m-b1": 5, "m-smt": 5, "m-oven": 5})
    assert held(found.postings) == {"source:grid": -5, "idle:SMT": 5}


def test_a_machine_without_idle_power_and_units_is_idle_all_the_same():
    unit = PARK.work_unit["NB-asm"].model_copy(update={"idle_kw": 0.0})
    line = PARK.work_center["NB"]
    line = line.model_copy(update={"work_unit": (unit, *line.work_unit[1:])})
    park = make_park(work_centers=(line, PARK.work_center["SMT"]))
    found = books({"grid-in": 5, "m-b1": 5, "m-nb": 5, "m-asm": 5}, park=park)
    assert held(found.postings) == {"source:grid": -5, "idle:NB": 5}


def test_the_lines_own_goes_to_its_unmetered_station_and_to_base():
    """NB-pack, 450 s at 3 kW and 450 s at 1 kW, beside 2 kW of base load: 3 to 1 to 4."""
    found = books({"grid-in": 800, "m-b1": 800, "m-nb": 800}, [("U1", "J", "NB-pack", 0, 450)])
    assert held(found.postings) == {"source:grid": -800, "unit:U1": 300, "idle:NB": 100, "base:NB": 400}


def test_a_line_whose_machines_are_all_metered_keeps_its_own_as_base():
    park = make_park((*METERS, meter("m-pack", "m-nb", "load", "NB-pack", "machine")))
    found = books({"m-pack": 0, "grid-in": 9, "m-b1": 9, "m-nb": 9}, [("U1", "J", "NB-asm", 0, 900)], park)
    assert held(found.postings) == {"source:grid": -9, "base:NB": 9}


def test_a_building_and_its_services_are_base_load():
    found = books({"grid-in": 30, "m-b1": 25, "m-hvac": 15})
    assert held(found.postings) == {"source:grid": -30, "base:m-b1": 10, "base:m-hvac": 15, "losses:site": 5}


def test_children_that_measure_more_are_an_imbalance_with_an_alarm():
    found = books({"grid-in": 90, "m-b1": 100, "m-nb": 104, "m-asm": 104})
    imbalances = {a: q for a, q in held(found.postings).items() if a.startswith("imbalance:")}
    assert imbalances == {"imbalance:m-b1": -4, "imbalance:site": -10}
    assert found.alarms.select("kind", "thing_id", "severity").rows() == [
        ("meter_imbalance", "site", 2), ("meter_imbalance", "m-b1", 2),
    ]  # fmt: skip
    assert "0.000004 kWh more" in found.alarms["text"][1]
    assert found.alarms["at"].to_list() == [START + QUARTER] * 2
    assert unbalanced(found.postings).is_empty()


BOOKED = sorted(one.id for one in METERS if one.commodity in ("electricity", "gas"))


@pytest.mark.parametrize("meter_id", BOOKED)
@pytest.mark.parametrize("ground", [QUIET, BUSY], ids=["quiet", "busy"])
def test_a_meter_that_runs_backwards_is_named_once_and_nothing_is_clipped(ground, meter_id):
    found = books({**ground, meter_id: -3}, pools=FULL)
    named = found.alarms["thing_id"].to_list()
    assert named.count(meter_id) == 1
    assert unbalanced(found.postings).is_empty()
    residuals = proof.residuals(PARK, found.postings, readings({**QUIET, **ground, meter_id: -3}))
    assert (residuals["residual_mwh_int"] == 0).all()


def test_a_park_without_load_meters_is_base_load_of_the_site():
    park = make_park((meter("grid-in", "", "import", "", "site"),))
    found = close(park, START, START + QUARTER, readings({"grid-in": 7 * KWH}), NOBODY, 7000, {})
    assert held(found.postings) == {"source:grid": -7 * KWH, "base:site": 7 * KWH}
    assert held(found.postings, "co2e", "location") == {"source:grid": -4_757_200_000, "base:site": 4_757_200_000}
    assert found.pools == {}


def test_emissions_are_import_times_factor_in_two_views():
    found = books(BUSY)
    assert held(found.postings, "co2e", "location")["source:grid"] == -67_960_000_000
    assert held(found.postings, "co2e", "market")["source:grid"] == -60_960_000_000
    factors = found.postings.filter(pl.col("commodity") == "co2e").select("view", "factor_id").unique().drop_nulls()
    assert sorted(factors.rows()) == [
        ("location", "fuel"), ("location", "grid"), ("market", "fuel"), ("market", "residual"),
    ]  # fmt: skip


def test_emissions_follow_the_energy():
    found = books({"grid-in": 100 * KWH, "m-b1": 90 * KWH, "m-hvac": 30 * KWH})
    assert held(found.postings, "co2e", "location") == {
        "source:grid": -67_960_000_000,
        "base:m-b1": 40_776_000_000,
        "base:m-hvac": 20_388_000_000,
        "losses:site": 6_796_000_000,
    }


def test_solar_power_carries_nothing_and_thins_the_mix():
    found = books({"pv": 50 * KWH, "grid-in": 50 * KWH, "m-b1": 100 * KWH})
    assert held(found.postings, "co2e", "location") == {"source:grid": -33_980_000_000, "base:m-b1": 33_980_000_000}
    assert held(found.postings)["source:PV1"] == -50 * KWH


def test_a_battery_carries_carbon_from_the_interval_that_charged_to_the_one_that_used_it():
    charge = books({"grid-in": 20 * KWH, "bat-in": 20 * KWH})
    assert charge.pools["BAT1"].energy_mwh_int == 19 * KWH
    carbon = 20 * 679_600_000
    assert charge.pools["BAT1"].location_ug == carbon * 19 // 20
    assert charge.pools["BAT1"].cost_1e4cny == 7000 * 19
    assert held(charge.postings, "co2e", "location")["losses:BAT1"] == carbon // 20
    use = books({"bat-out": 18_240_000, "m-b1": 18_240_000}, pools=charge.pools)
    assert use.pools["BAT1"] == Pool(0, 0, 0, 0)
    assert held(use.postings, "co2e", "location")["pool:BAT1"] == -carbon * 19 // 20
    assert held(use.postings)["losses:BAT1"] == 760_000
    assert sum(total(b.postings, "pool:", "electricity", "physical") for b in (charge, use)) == 0


def test_overdrawing_a_battery_is_an_imbalance_with_an_alarm():
    found = books({"bat-out": 5 * KWH, "m-b1": 5 * KWH}, pools={"BAT1": Pool(3 * KWH, 10, 10)})
    assert held(found.postings)["imbalance:BAT1"] == -2 * KWH
    assert found.alarms["kind"].to_list() == ["battery_overdrawn"]
    assert found.pools["BAT1"] == Pool(0, 0, 0)


def test_energy_sold_bears_no_cost_and_its_income_lowers_the_rest():
    found = books({"pv": 10 * KWH, "grid-in": 4 * KWH, "grid-out": 4 * KWH, "m-b1": 10 * KWH})
    assert held(found.postings, "cny", "tariff") == {
        "source:grid": -28_000, "export:grid": 12_000, "base:m-b1": 16_000,
    }  # fmt: skip
    assert held(found.postings, "co2e", "location")["export:grid"] == 4 * 679_600_000 * 4 // 14


def test_a_site_that_sells_everything_books_the_income_as_imbalance():
    found = books({"pv": 10 * KWH, "grid-out": 10 * KWH})
    assert held(found.postings, "cny", "tariff") == {"export:grid": 30_000, "imbalance:site": -30_000}


def test_gas_is_scope_1_in_both_views_and_costs_its_price():
    found = books({"gas": 10 * KWH})
    assert held(found.postings, "gas") == {"source:gas": -10 * KWH, "base:gas": 10 * KWH}
    for view in ("location", "market"):
        assert held(found.postings, "co2e", view) == {"scope1:BO1": -1_825_400_000, "base:gas": 1_825_400_000}
    assert held(found.postings, "cny", "tariff") == {"source:gas": -35_000, "base:gas": 35_000}


def test_gas_meters_in_a_tree_share_what_the_first_measured():
    park = make_park((*METERS, meter("gas-2", "gas", "load", "kitchen", "kitchen", commodity="gas")))
    found = books({"gas": 10, "gas-2": 4}, park=park)
    assert held(found.postings, "gas") == {"source:gas": -10, "base:gas": 6, "base:gas-2": 4}
    crossed = books({"gas": 10 * KWH, "gas-2": 14 * KWH}, park=park)
    assert held(crossed.postings, "gas")["imbalance:gas"] == -4 * KWH
    assert held(crossed.postings, "co2e", "market")["scope1:BO1"] == 4 * 182_540_000
    assert unbalanced(crossed.postings).is_empty()


def test_a_quiet_interval_has_no_postings():
    found = books()
    assert found.postings.is_empty()
    assert found.alarms.is_empty()


def test_a_busy_interval_closes_and_repeats_to_the_byte():
    rows = [("U1", "J", "NB-asm", 0, 200), ("U2", "J", "NB-asm", 500, 900), ("B1", "K", "SMT-oven", 3, 300)]
    first, second = books(BUSY, rows, pools=FULL), books(BUSY, rows[::-1], pools=FULL)
    assert unbalanced(first.postings).is_empty()
    assert first.postings.equals(second.postings)
    assert first.pools == second.pools
    assert (first.postings["quantity"] != 0).all()


def test_a_share_names_its_meter_and_weight():
    found = books({"grid-in": 8, "m-b1": 8, "m-nb": 8, "m-test": 8}, [("U1", "J", "NB-test", 0, 900)])
    row = found.postings.filter(pl.col("account") == "unit:U1").row(0, named=True)
    assert row["journal_id"] == "20260714T160000Z/electricity/m-test"
    assert row["activity_ref"] == "m-test@20260714T160000Z 675000000000/1350000000000"
    assert (row["start"], row["end"]) == (START, START + QUARTER)


def test_an_empty_interval_or_an_unknown_factor_is_refused():
    with pytest.raises(LedgerError, match="empty"):
        close(PARK, START, START, readings(QUIET), NOBODY, 7000, {})
    with pytest.raises(LedgerError, match="'residual'"):
        books(BUSY, park=make_park(factors=(factor("grid", "grid_average", "1"),)))


NOBODY = occupancy.of_interval(PARK, START, START + QUARTER, passages(), PRESENCE.empty())
