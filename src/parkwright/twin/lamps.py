"""The simulated street lamps: each with its own dirt and age, some with a fault, through the nights on end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from parkwright.energy import lamp_fleet
from parkwright.energy.lamp_fleet import Flags, Lamps, Reals
from parkwright.model.park import Park
from parkwright.model.plant import LampFleet
from parkwright.twin.random import stream, uniform

LIVED_DAYS = 14
"""Days that lamps live through, from full, before the day told, so that it opens as nights leave them; assumed."""
DIRT_SHARE, AGE_SHARE = 0.1, 0.12
"""Most that dirt takes of a sound lamp's yield, and age of its battery; assumed."""
FAULTY_SHARE = 0.03
"""Share of lamps that have a fault; assumed, nothing public tells it of a campus."""
FAULTY: tuple[dict[str, float], ...] = (
    {"clean_share": 0.45}, {"health_share": 0.55}, {"lamp_w": 0.001}, {"dimmed_share": 1.0},
    {"dimmed_share": 1.0, "always_lit": 1.0},
)  # fmt: skip
"""What is wrong with a lamp that has a fault, each kind as often: weak panel, worn battery, no light, never dimmed, lit
by day as well (its switch sticks). Sizes are assumed; energy.lamp_faults has to find them."""


@dataclass(frozen=True, slots=True)
class Lived:
    """How a park's lamps live through a day of T intervals: charge at their ends (N, T) [Wh], light of all (T,)."""

    charge_wh: Reals
    lit_share: Reals


def none(steps: int) -> Lived:
    """Return the day of no lamps, of T = `steps` intervals."""
    return Lived(np.zeros((0, steps)), np.zeros(steps))


def of_days(park: Park, days: Sequence[date], ghi: Reals, dark: Flags, last: int, seed: int, replication: int) -> Lived:
    """Return how all lamps, in the order of their fleets, live through the last intervals of those that are given.

    days: lived through, one after the other. ghi, dark: by metering interval of these days, global horizontal
    irradiance [W/m2] and whether the sun is down. last: T, intervals of the day that is told. People pass by chance,
    at `passers_per_h` of the fleet, and each brightens the lamp for a while.
    """
    count = sum(fleet.count for fleet in park.energy.lamps)
    if count == 0:
        return none(last)
    step_s = float(park.site.metering_interval_s)
    charges, lit = [], np.zeros(last)
    for fleet in park.energy.lamps:
        lamps, stuck = _drawn(fleet, seed, replication)
        charge = np.empty((fleet.count, last))
        near = lamp_fleet.near(fleet, _passed(park, fleet, days, seed, replication), step_s)
        for chosen, down in ((~stuck, dark), (stuck, np.ones_like(dark))):
            some = Lamps(*(getattr(lamps, name)[chosen] for name in Lamps.__slots__))
            fared = lamp_fleet.run(some, ghi, down, some.capacity_wh, step_s, present=near[chosen])
            charge[chosen] = fared.charge_wh[:, -last:]
            lit += fared.lit_wh[:, -last:].sum(axis=0) / (fleet.lamp_w * step_s / 3600.0)
        charges.append(charge)
    return Lived(np.concatenate(charges), lit / count)


def _passed(park: Park, fleet: LampFleet, days: Sequence[date], seed: int, replication: int) -> Reals:
    """Return how many people pass each lamp in each interval of `days` (N, T); a lamp and a day have their own."""
    mean = fleet.passers_per_h * park.site.metering_interval_s / 3600.0
    parts = []
    for day in days:
        key = stream(seed, replication, "passers", f"{fleet.id}/{day.isoformat()}")
        chance = np.random.Generator(np.random.Philox(key=key))
        parts.append(chance.poisson(mean, (fleet.count, park.intervals(day).len())).astype(np.float64))
    return np.concatenate(parts, axis=1)


def _drawn(fleet: LampFleet, seed: int, replication: int) -> tuple[Lamps, Flags]:
    """Return the lamps as they are, and those whose light never goes out; the same on every day."""
    lamps = lamp_fleet.of_fleet(fleet)
    changed = {name: getattr(lamps, name).copy() for name in ("clean_share", "health_share", "lamp_w", "dimmed_share")}
    stuck = np.zeros(fleet.count, dtype=bool)
    for row, name in enumerate(lamp_fleet.names(fleet)):
        key = stream(seed, replication, "lamps", name)
        dirt, age, ill, kind = (uniform(key[0], key[1], n) for n in range(4))
        changed["clean_share"][row] = 1.0 - DIRT_SHARE * dirt
        changed["health_share"][row] = 1.0 - AGE_SHARE * age
        if ill < FAULTY_SHARE:
            for what, value in FAULTY[int(kind * len(FAULTY))].items():
                if what == "always_lit":
                    stuck[row] = True
                else:
                    changed[what][row] = value
    return replace(lamps, **changed), stuck
