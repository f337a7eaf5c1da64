"""What stores say that they hold: what cannot be is held to their limits and told, never taken as it stands."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from math import isfinite

import polars as pl

from parkwright.model.park import Park
from parkwright.model.tables import ALARMS, conform
from parkwright.run.ports import Image

MARGIN_SHARE = 0.001
"""Share of the capacity by which a gauge may read beyond a limit and be right; assumed: a tenth of a percent, the last
digit of a state of charge."""
STUCK_SHARE = 0.05
"""Share of the capacity that may flow through a battery while its level stands still; assumed."""


def level_signals(park: Park) -> dict[str, str]:
    """Return the asset id behind each signal that says what a store holds [kWh]."""
    ids = {f"{b.id}/soc_kwh": b.id for b in park.energy.battery}
    return ids | {f"{t.id}/stored_kwh": t.id for t in park.energy.tank}


def within(park: Park, samples: Mapping[str, float]) -> dict[str, float]:
    """Return what stores hold by asset id [kWh], inside their limits; a store that tells no number is left out.

    samples: value by signal.
    """
    most = _capacity_kwh(park)
    told = {asset_id: samples[name] for name, asset_id in level_signals(park).items() if name in samples}
    return {
        key: min(max(level, 0.0), most[key]) for key, level in told.items() if level is not None and isfinite(level)
    }


class Levels:
    """The levels of a day's stores as its images tell them, and the alarms about those that cannot be."""

    def __init__(self, park: Park) -> None:
        """Begin with nothing told."""
        self._park, self._most, self._signals = park, _capacity_kwh(park), level_signals(park)
        self._flows = [
            (f"{one.id}/power_kw", one.serves)
            for one in park.meters
            if one.commodity == "electricity" and one.role in ("charge", "discharge")
        ]
        self._level: dict[str, float] = {}
        self._through: dict[str, float] = {}
        self._told: set[tuple[str, str]] = set()
        self._at: datetime | None = None

    def see(self, image: Image) -> pl.DataFrame:
        """Return ALARMS about levels that an image tells: each once, and again when it was right in between."""
        table = image.tables.get("samples")
        samples = {} if table is None else dict(table.select("signal_id", "value").iter_rows())
        self._flow(image.at, samples)
        rows = []
        for name, asset_id in self._signals.items():
            if name not in samples:
                continue
            for kind, text in self._doubts(asset_id, samples[name]).items():
                doubted = (kind, asset_id)
                if text and doubted not in self._told:
                    rows.append((image.at, kind, asset_id, 2, text))
                (self._told.add if text else self._told.discard)(doubted)
        return conform(pl.DataFrame(rows, schema=ALARMS.schema, orient="row"), ALARMS)

    def _flow(self, at: datetime, samples: Mapping[str, float]) -> None:
        """Count what went through each battery since the last image [kWh]."""
        hours = 0.0 if self._at is None else (at - self._at).total_seconds() / 3600.0
        self._at = at
        for name, asset_id in self._flows:
            flowed = abs(samples.get(name) or 0.0) * hours
            self._through[asset_id] = self._through.get(asset_id, 0.0) + flowed

    def _doubts(self, asset_id: str, level: float | None) -> dict[str, str]:
        """Return by kind of alarm what is wrong with a level, empty where nothing is."""
        most = self._most[asset_id]
        if level is None or not isfinite(level):
            text = f"{asset_id} tells no number for what it holds; it is run by the day's plan. Check its gauge"
            return {"store_outside": text}
        outside = ""
        if not -MARGIN_SHARE * most <= level <= (1.0 + MARGIN_SHARE) * most:
            outside = f"{asset_id} says that it holds {level:g} kWh of {most:g} kWh; plans take the nearest limit. "
            outside += "Check its gauge"
        if level != self._level.get(asset_id):
            self._level[asset_id], self._through[asset_id] = level, 0.0
        through, stuck = self._through.get(asset_id, 0.0), ""
        if through > STUCK_SHARE * most:
            stuck = f"{asset_id} still says that it holds {level:g} kWh after {through:.1f} kWh went through it; "
            stuck += "plans go on from that. Check its gauge"
        return {"store_outside": outside, "store_stuck": stuck}


def _capacity_kwh(park: Park) -> dict[str, float]:
    found = {one.id: one.capacity_kwh for one in park.energy.battery}
    return found | {one.id: one.capacity_kwh for one in park.energy.tank}
