"""The month planner: which highest import of the month is worth paying for."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

from parkwright.energy import control, demand, dispatch, tariff
from parkwright.model.opening import Opening
from parkwright.model.park import Park
from parkwright.plan.expected import joined, of_schedule

EVERY_DAYS = 3
"""Days of a month of which the planner takes one, the first and every third: ten days hold its weather and weekends;
assumed, a compromise between the month's highest day and the time to plan."""


def target_kw(park: Park, day: date) -> float | None:
    """Return the import that is worth its price in the month of `day` [kW]; None where demand or stores are missing.

    The month is expected as the typical year has it, with the lines at their usual pace, and planned as a whole with
    its demand charge: the highest import of that optimum. Below it no day of the month need save.
    """
    if demand.charge_of(park, day) is None or not (park.energy.battery or park.energy.tank):
        return None
    count = monthrange(day.year, day.month)[1]
    days = [day.replace(day=number) for number in range(1, count + 1, EVERY_DAYS)]
    month = joined([of_schedule(park, each, None) for each in days])
    charge = demand.charged(park, month.starts, {}, len(days) / count)
    system = dispatch.plant_system(
        park, month.arrays, month.price, month.co2e, Opening(), tariff.carbon_cny_per_kg(park, day), charge
    )
    return control.month_peak_kw(system)[dispatch.GRID]


def of_day(park: Park, day: date, opening: Opening) -> dispatch.Month:
    """Return the import that costs a day nothing more: what its month has reached, or its target where that is higher.

    A plan that looks into the next month takes the same target for it.
    """
    target = target_kw(park, day) or 0.0
    months = {demand.month_of(day), demand.month_of(day + timedelta(days=1))}
    return dispatch.Month({name: max(opening.reached_kw.get(name, 0.0), target) for name in sorted(months)})
