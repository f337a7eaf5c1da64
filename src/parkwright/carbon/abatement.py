"""Abatement: a register of pain point, measure and effect; the curve of what a ton costs; the saving as metered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from parkwright.carbon.activity import fuel_ug, scope2_ug
from parkwright.carbon.editions import FuelFactor, GridFactor
from parkwright.carbon.factors import UG_PER_KG, half_up
from parkwright.model.errors import LedgerError
from parkwright.model.noun import Sourced, Text, figure, identity, word


class Measure(Sourced):
    """A row of the register: what hurts, what is done about it, and what it brings in a year."""

    id: str = identity()
    pain: Text = word("what hurts")
    measure: Text = word("what is done")
    status: Literal["idea", "planned", "running", "done"] = word("how far it is")
    electricity_kwh: Decimal = figure("kWh/a", "electricity saved", Decimal(0))
    gas_kwh: Decimal = figure("kWh/a", "gas saved, gross calorific value", Decimal(0))
    other_kg: Decimal = figure("kg CO2e/a", "other emissions avoided", Decimal(0))
    invest_cny: Decimal = figure("CNY", "invested once", ge=0)
    running_cny: Decimal = figure("CNY/a", "cost of running it, energy apart; negative where it saves", Decimal(0))
    life_a: int = figure("a", "years that it works", ge=1, le=60)
    meter_ids: tuple[str, ...] = word("meters that show its effect; empty while there is none", ())


@dataclass(frozen=True, slots=True)
class Terms:
    """What a ton is priced with: factors, energy prices [CNY/kWh] and the yearly rate of interest (share).

    gas: None where the park burns none.
    """

    grid: GridFactor
    gas: FuelFactor | None
    electricity_cny_per_kwh: Decimal
    gas_cny_per_kwh: Decimal
    interest: Decimal


@dataclass(frozen=True, slots=True)
class Step:
    """A measure on the curve: avoided [ug CO2e/a], net cost [CNY/a] and [CNY/t], and avoided with all before it."""

    measure_id: str
    avoided_ug: int
    net_cny: float
    cny_per_t: float
    cumulative_ug: int


def annuity(invest_cny: Decimal, life_a: int, interest: Decimal) -> Decimal:
    """Return the equal yearly payment [CNY/a] that repays an investment over its life at a rate of interest.

    References: capital recovery factor i (1+i)^n / ((1+i)^n - 1); 1/n without interest.
    """
    if interest == 0:
        return invest_cny / life_a
    growth = (1 + interest) ** life_a
    return invest_cny * interest * growth / (growth - 1)


def avoided_ug(measure: Measure, terms: Terms) -> int:
    """Return what a measure avoids in a year [ug CO2e]: energy x factor, and what is given in kg.

    Raises LedgerError when the measure saves gas and there is no factor of gas.
    """
    power = scope2_ug(half_up(abs(measure.electricity_kwh) * 1_000_000), terms.grid)
    gas = 0
    if measure.gas_kwh:
        if terms.gas is None:
            raise LedgerError(
                f"measure {measure.id}: saves gas, and the park has no fuel factor; add one to factors.csv"
            )
        gas = fuel_ug(abs(measure.gas_kwh), terms.gas.unit, terms.gas)
    signs = (-1 if measure.electricity_kwh < 0 else 1, -1 if measure.gas_kwh < 0 else 1)
    return signs[0] * power + signs[1] * gas + half_up(measure.other_kg * UG_PER_KG)


def curve(measures: Iterable[Measure], terms: Terms) -> tuple[Step, ...]:
    """Return the marginal abatement curve: measures that avoid something, cheapest ton first.

    A ton costs what the measure costs in a year (annuity + running - energy saved) by what it avoids in a year. Equal
    costs stay in order of id.

    Raises LedgerError when an id comes twice.
    """
    priced = []
    for measure in measures:
        avoided = avoided_ug(measure, terms)
        if avoided > 0:
            net = _net_cny(measure, terms)
            priced.append((float(net) / (avoided / 1e12), measure.id, avoided, float(net)))
    ids = [name for _, name, _, _ in priced]
    if len(set(ids)) != len(ids):
        raise LedgerError(f"measures: {sorted(ids)} hold an id twice; give each its own")
    steps, total = [], 0
    for cny_per_t, name, avoided, net_cny in sorted(priced):
        total += avoided
        steps.append(Step(name, avoided, net_cny, cny_per_t, total))
    return tuple(steps)


def _net_cny(measure: Measure, terms: Terms) -> Decimal:
    saved = measure.electricity_kwh * terms.electricity_cny_per_kwh + measure.gas_kwh * terms.gas_cny_per_kwh
    return annuity(measure.invest_cny, measure.life_a, terms.interest) + measure.running_cny - saved


@dataclass(frozen=True, slots=True)
class Measured:
    """A saving as metered: energy of the same output before and after [mWh], and the difference (positive: saved)."""

    expected_mwh_int: int
    metered_mwh_int: int
    saved_mwh_int: int


def measured(before: tuple[int, int], after: tuple[int, int]) -> Measured:
    """Return what was saved against the ledger, at equal output.

    before, after: (energy of the measure's meters [mWh], good units) of two spans of days.

    Raises LedgerError when the span before made no unit: there is then nothing to compare with.

    References: International Performance Measurement and Verification Protocol, option B (baseline adjusted to output).
    """
    if before[1] <= 0 or after[1] < 0:
        raise LedgerError("saving: no unit was made before the measure; compare with a span of days that made some")
    expected = round(Fraction(before[0] * after[1], before[1]))
    return Measured(expected, after[0], expected - after[0])
