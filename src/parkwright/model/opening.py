"""What a day starts with: stored energy and its carbon, the month's highest import, and work left undone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from parkwright.model.park import Park


@dataclass(frozen=True, slots=True)
class Pool:
    """Stored electricity and what it carries, in integers: energy [mWh], ug CO2e by view, cost [1e-4 CNY]."""

    energy_mwh_int: int
    location_ug: int
    market_ug: int
    cost_1e4cny: int = 0


@dataclass(frozen=True, slots=True)
class Unfinished:
    """What the day before left to be done of a movable work whose window goes on after midnight.

    energy_kwh: of all its units. Of work in one piece also waiting: units not begun, and begun: intervals that each
    unit under way has behind it.
    """

    energy_kwh: float
    waiting: int = 0
    begun: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Opening:
    """The park when a day opens.

    stored_kwh: asset id (battery, tank) -> stored energy. pools: battery id -> its Pool. reached_kw: month "YYYY-MM" ->
    highest import that its demand meter has shown before the day; a month that is not named has shown none.
    unfinished: movable work -> what the day before left of it; nothing for a day that has none before it.
    """

    stored_kwh: Mapping[str, float] = field(default_factory=dict)
    pools: Mapping[str, Pool] = field(default_factory=dict)
    reached_kw: Mapping[str, float] = field(default_factory=dict)
    unfinished: Mapping[str, Unfinished] = field(default_factory=dict)


def folder_opening(park: Park) -> Opening:
    """Return the opening that the park folder states: shares of charge, and pools without history.

    The pool of a battery opens with its stored energy and no emissions; those were booked when it was charged.
    """
    stored = {b.id: b.capacity_kwh * b.opening_share for b in park.energy.battery}
    stored |= {t.id: t.capacity_kwh * t.opening_share for t in park.energy.tank}
    pools = {b.id: Pool(round(stored[b.id] * 1_000_000), 0, 0) for b in park.energy.battery}
    return Opening(stored, pools)
