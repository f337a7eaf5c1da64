"""What a plan of a park pays: carbon, demand and changeovers at the park's prices, within the import limit."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import polars as pl
import pytest
from run_park import DAY, small_park

from parkwright.energy import load, weather
from parkwright.make.account import Account
from parkwright.make.floor import Rates
from parkwright.make.laid import counted, lay
from parkwright.make.park_day import dispatch
from parkwright.model.opening import folder_opening
from parkwright.model.plant import DemandCharge
from parkwright.model.product import Planning
from parkwright.plan.day import asked_of, make_plan
from parkwright.plan.revise import DayFacts, base_of, figures, laid_out, revision
from parkwright.plan.terms import Terms, of_day
from parkwright.plan.trades import sweep

PARK, BASIS = small_park(), "assumed: a test"
ASKED = asked_of(PARK, DAY, 1)
LOSS = 0.02
TIGHT_KW = 56.0
"""Import at which the line, which takes the site to 57.7 kW, must rest now and then."""


def priced(limit_kw=400.0, **charge):
    """The small park with a price of everything."""
    given = {"by": "maximum", "cny_per_kw_month": 31.0, "basis": BASIS} | charge
    tariff = PARK.tariffs[0].model_copy(update={"carbon_cny_per_t": 80.0, "demand": DemandCharge(**given)})
    grid = PARK.energy.grid.model_copy(update={"import_limit_kw": limit_kw, "loss_share": LOSS})
    return replace(
        PARK,
        tariffs=(tariff,),
        energy=PARK.energy.model_copy(update={"grid": grid}),
        planning=Planning(setup_cny_per_h=90.0, basis=BASIS),
    )


def planned(park):
    """What a day asks, its terms, its plan and the plan on its floor."""
    asked = asked_of(park, DAY, 1)
    terms = of_day(park, DAY, asked.signal)
    made = dispatch(park, asked.jobs, asked.orders, DAY, asked.signal, terms.power, terms.rates)
    laid = lay(
        park, DAY, asked.orders, made.jobs, made.schedule, asked.signal, terms.rates, power=terms.power
    )  # fmt: skip
    return asked, terms, made, laid


def test_the_rates_are_the_park_s_prices_and_a_park_without_them_pays_nothing_more():
    park = priced()
    found = of_day(park, DAY, asked_of(park, DAY, 1).signal).rates
    assert (found.carbon_cny_per_kg, found.setup_cny_per_h) == (pytest.approx(0.08), 90.0)
    assert found.demand_cny_per_kw == pytest.approx(1.0 * (1 + LOSS))
    assert of_day(PARK, DAY, ASKED.signal).rates == Rates()
    contracted = priced(by="contracted", contracted_kw=300.0)
    assert of_day(contracted, DAY, asked_of(contracted, DAY, 1).signal).rates.demand_cny_per_kw == 0.0


def test_the_power_is_the_import_limit_and_what_the_site_draws_beside_its_lines():
    park = priced()
    power = of_day(park, DAY, asked_of(park, DAY, 1).signal).power
    whole = load.site_kw(park, load.forecast(park, DAY, weather.of_day(park, DAY)), park.intervals(DAY))
    assert power.cap_kw == pytest.approx(np.full(len(whole), 400.0 / (1 + LOSS)))
    assert (power.other_kw + load.lines_kw(park, DAY)) * (1 + LOSS) == pytest.approx(whole)


def test_the_sun_lowers_what_is_imported_and_a_signal_without_rows_watches_nothing():
    signal = ASKED.signal.with_columns(pl.col("cap_kw") + 25.0)
    dark, light = of_day(PARK, DAY, ASKED.signal).power, of_day(PARK, DAY, signal).power
    assert dark.other_kw - light.other_kw == pytest.approx(np.full(len(dark.other_kw), 25.0 / 1.015))
    assert light.cap_kw == pytest.approx(dark.cap_kw)
    assert of_day(PARK, DAY, ASKED.signal.clear()) == Terms()


def test_a_plan_counts_every_component_and_costs_no_more_than_one_that_ignores_them():
    asked, terms, made, laid = planned(priced())
    account = counted(laid.problem, laid.plan(laid.floor))
    blind = dispatch(laid.day.park, asked.jobs, asked.orders, DAY, asked.signal)
    there = lay(
        laid.day.park, DAY, asked.orders, blind.jobs, blind.schedule, asked.signal, terms.rates, power=terms.power
    )  # fmt: skip
    assert account.total_cny <= counted(there.problem, there.plan(there.floor)).total_cny + 1e-6
    setup_h = (made.schedule["start"] - made.schedule["setup_start"]).dt.total_seconds().sum() / 3600
    assert account.setup_cny == pytest.approx(90.0 * setup_h, rel=1e-3)
    assert account.setup_cny > 0
    assert account.carbon_cny == pytest.approx(0.08 * account.co2e_kg)
    assert account.carbon_cny > 0
    assert account.demand_cny > terms.rates.demand_cny_per_kw * terms.power.other_kw.max()


def test_a_day_keeps_the_import_limit_and_an_outside_check_agrees():
    wide, tight = planned(priced()), planned(priced(TIGHT_KW))
    _, terms, made, laid = tight
    assert terms.faults(laid.day.park, wide[2].jobs, wide[2].schedule, wide[0].signal)
    assert terms.faults(laid.day.park, made.jobs, made.schedule, tight[0].signal) == []
    assert make_plan(laid.day.park, DAY, 1, folder_opening(PARK)).violations == ()


def test_a_job_without_a_place_has_the_reason_of_the_engine():
    _, _, made, _ = planned(priced(20.0))
    assert {one.reason for one in made.unplaced} == {
        "no working time left on a line that can do it, within the power cap"
    }


def facts(limit_kw=400.0):
    asked, terms, made, _ = planned(priced(limit_kw))
    return DayFacts(priced(limit_kw), DAY, asked.orders, made.jobs, made.schedule, asked.signal, terms=terms)


def test_a_plan_in_force_is_counted_at_the_park_s_prices_and_so_is_its_revision():
    mine = facts()
    laid = laid_out(mine)
    assert laid.problem.rates == mine.terms.rates
    made = revision(mine, laid, laid.plan(laid.floor), base=base_of(mine, laid))
    for name in (one.name for one in fields(Account)):
        assert getattr(made.after.account, name) == pytest.approx(getattr(figures(mine, laid).account, name))
    assert made.after.account.demand_cny > 0


def test_a_revision_above_the_import_limit_is_refused_but_not_while_a_line_is_out():
    wide, tight = facts(), facts(TIGHT_KW).terms
    schedule = wide.schedule
    over = replace(wide, terms=tight, schedule=schedule.clear())
    laid = laid_out(replace(over, schedule=schedule))
    found = revision(over, laid, laid.plan(laid.floor))
    assert any("above its cap" in one for one in found.violations)
    paused = replace(over, paused=frozenset({"L-1"}))
    assert not any("above its cap" in one for one in revision(paused, laid, laid.plan(laid.floor)).violations)


def test_the_sweep_over_the_carbon_price_counts_cost_without_carbon():
    mine = facts()
    first, searched, *_ = sweep(mine, PARK.midnight(DAY), 1, 0)
    plain = figures(mine, laid_out(mine, 0.0)).account
    assert plain.carbon_cny == 0.0
    assert first.in_force.carbon_cny_per_kg == mine.terms.rates.carbon_cny_per_kg > 0
    assert first.in_force.cost_cny == pytest.approx(plain.total_cny)
    assert searched.points[0].carbon_cny_per_kg == 0.0
    assert searched.points[0].cost_cny <= first.in_force.cost_cny
