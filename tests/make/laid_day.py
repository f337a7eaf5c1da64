"""A planned day of the small park on its floor, for the tests of what-if, reasons and plans made again."""

from __future__ import annotations

from functools import cache

import numpy as np
import polars as pl
from make_park import DAY, flat_signal, local, order_lines, small_park

from parkwright.make.floor import Rates
from parkwright.make.jobs import explode
from parkwright.make.laid import Laid, lay
from parkwright.make.park_day import dispatch
from parkwright.model.tables import TIME

PARK = small_park()
ORDERS = order_lines(
    *[(f"O-{n:02d}", f"p{n % 3 + 1}", 20 + n, 6.0, 9.0 + n % 5) for n in range(16)], ("O-small", "p2", 3, 6.5, 8.0)
)


def jobs() -> pl.DataFrame:
    """The jobs of ORDERS, every kit complete at 6:00 but that of O-03 at 10:00."""
    ready = [local(10.0 if order_id == "O-03" else 6.0) for order_id in ORDERS["order_id"]]
    kits = ORDERS.select("order_id").with_columns(kit_ready=pl.Series(ready, dtype=TIME))
    return explode(PARK, ORDERS, kits)


def stepped() -> pl.DataFrame:
    """SIGNAL whose power is dear from 8:00 to 12:00 and clean after it."""
    hour = (pl.int_range(pl.len()) // 4).alias("hour")
    dear = hour.is_between(8, 11)
    return flat_signal().with_columns(
        price_cny_per_kwh=pl.when(dear).then(1.2).otherwise(0.4),
        co2e_kg_per_kwh=pl.when(hour < 12).then(0.8).otherwise(0.2),
    )


@cache
def planned():
    """The day's plan by rule and search."""
    return dispatch(PARK, jobs(), ORDERS, DAY, stepped(), rounds=0)


def laid(rates: Rates | None = None) -> Laid:
    """The plan on its floor."""
    return lay(PARK, DAY, ORDERS, jobs(), planned().schedule, stepped(), rates)


def ms(hour: float) -> int:
    """The instant at an hour of the day [ms]."""
    return int(local(hour).timestamp() * 1000)


def differing(a: np.ndarray, b: np.ndarray) -> list[int]:
    """Operations with another line or start in two plans (J, 5)."""
    return np.flatnonzero((a[:, [0, 2]] != b[:, [0, 2]]).any(axis=1)).tolist()
