"""What a live park's own metered days leave open of the forecast of the next one."""

from __future__ import annotations

from datetime import date, timedelta

from parkwright.energy.forecast import LEAST_DAYS
from parkwright.energy.history import slots_of
from parkwright.model.errors import ForecastError
from parkwright.model.park import Park
from parkwright.plan.intraday import Doubt, doubt_of
from parkwright.store.journal import Journal
from parkwright.wire import forecast

LOOK_BACK_DAYS = 90
"""Metered days that are looked back on at most: a quarter, one season; assumed."""


def of_ledger(park: Park, journal: Journal, first: date, day: date) -> Doubt | None:
    """Return the doubt about `day` by the quantiles of forecasts from the days since `first` that the park has lived.

    Only those days count, so that a run that is started again finds what it found before. None where they do not make
    a forecast, because they are too few or their meters are stuck.
    """
    since = max(first, day - timedelta(days=LOOK_BACK_DAYS))
    if (day - since).days < LEAST_DAYS:
        return None
    readings = journal.read("readings", since.isoformat(), (day - timedelta(days=1)).isoformat())
    past = forecast.histories_of(park, [readings])
    slots = slots_of(park.intervals(day), park.site.timezone, park.site.metering_interval_s)
    try:
        load = forecast.ahead(park, "load", past["load"], day).at(slots) if "load" in past else None
        lit = "pv" in past and bool((past["pv"].power_kw > 0.0).any())
        sun = forecast.ahead(park, "pv", past["pv"], day).at(slots) if lit else None
    except ForecastError:
        return None
    return doubt_of(load, sun) if load is not None else None
