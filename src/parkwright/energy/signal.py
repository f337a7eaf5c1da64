"""What a kilowatt-hour costs the park, in money and carbon, before the plan is made."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from parkwright.energy import load as loads
from parkwright.energy import tariff
from parkwright.model.park import Park
from parkwright.model.tables import SIGNAL, conform

Reals = NDArray[np.float64]


def of_day(park: Park, day: date, load: pl.DataFrame, pv: Reals) -> pl.DataFrame:
    """Return the SIGNAL of `day` (T rows).

    load: LOAD of the park's meters. pv: expected solar power (T,) [kW]. The price is the tariff's. The expected
    intensity is the location-based grid factor times the share of the load that the sun does not cover. The cap is
    the contracted capacity plus the sun.
    """
    starts = park.intervals(day)
    frame = tariff.prices(park, starts)
    site = loads.site_kw(park, load, starts)
    missing = np.maximum(site - pv, 0.0)
    share = np.divide(missing, site, out=np.zeros_like(site), where=site > 0.0)
    factor = float(park.factor[park.site.accounting_grid_factor].value)
    frame = frame.with_columns(
        pl.Series("co2e_kg_per_kwh", share * factor),
        pl.Series("cap_kw", park.energy.grid.import_limit_kw + pv),
    )
    return conform(frame, SIGNAL)
