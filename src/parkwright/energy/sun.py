"""Where the sun stands over the park."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np
import pandas as pd
import polars as pl
from numpy.typing import NDArray
from pvlib import solarposition

from parkwright.model.site import Site

Times = pl.Series | Sequence[datetime] | pd.DatetimeIndex
Reals = NDArray[np.float64]


def utc_index(times: Times) -> pd.DatetimeIndex:
    """Return aware instants (T,) as a pandas index in UTC, as pvlib wants them.

    Raises ValueError when an instant has no time zone.
    """
    if isinstance(times, pl.Series):
        if getattr(times.dtype, "time_zone", None) is None:
            raise ValueError("times: have no time zone; give aware instants")
        stamps = times.dt.convert_time_zone("UTC").dt.replace_time_zone(None).to_numpy()
        return pd.DatetimeIndex(stamps).tz_localize("UTC")
    index = times if isinstance(times, pd.DatetimeIndex) else pd.DatetimeIndex(list(times))
    if index.tz is None:
        raise ValueError("times: have no time zone; give aware instants")
    return index.tz_convert("UTC")


def position(site: Site, times: Times) -> tuple[Reals, Reals]:
    """Return where the sun stands at the instants `times` (T,).

    Returns elevation above the horizon with refraction (T,) [deg] and azimuth clockwise from north (T,) [deg].

    References: Reda and Andreas (NREL, 2008), Solar Position Algorithm, as implemented by pvlib.
    """
    found = solarposition.spa_python(utc_index(times), site.latitude, site.longitude, site.altitude_m)
    elevation: Reals = found["apparent_elevation"].to_numpy(dtype=np.float64)
    azimuth: Reals = found["azimuth"].to_numpy(dtype=np.float64)
    return elevation, azimuth
