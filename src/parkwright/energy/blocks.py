"""The things of an energy system, as blocks between buses: what flows, what limits it, what it costs.

A bus is a name; powers are means over a step [kW]; prices are per energy [CNY/kWh]; arrays have a value a step (T,).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from parkwright.model.errors import PlanError

Reals = NDArray[np.float64]
Whole = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Load:
    """Power that a bus must give, whatever it costs (T,) [kW]; below zero it is a surplus."""

    id: str
    bus: str
    power_kw: Reals


@dataclass(frozen=True, slots=True)
class Source:
    """Power that a bus may take up to a limit (T,) [kW] at a price: sun, waste heat, a boiler's heat.

    co2e_kg_per_kwh: emissions of its energy, counted against a cap on carbon.
    """

    id: str
    bus: str
    limit_kw: Reals
    price: Reals | float = 0.0
    co2e_kg_per_kwh: Reals | float = 0.0


@dataclass(frozen=True, slots=True)
class Demand:
    """What the highest mean power of a billing period costs: of a grid's import, of what a converter takes.

    group: billing period of each step (T,), from 0. price: of a period's highest power (G,) [CNY/kW].
    floor_kw: power below which a period's peak costs nothing more, for example what was reached before (G,) [kW].
    window: steps over which the meter takes the mean, whole windows from the first step on.
    """

    group: Whole
    price: Reals
    floor_kw: Reals
    window: int = 1


@dataclass(frozen=True, slots=True)
class Grid:
    """The connection to the public grid; it imports and exports never at once where that would pay.

    import_limit_kw and export_limit_kw are contracts (T,) [kW]: they give way, named and priced, before the power does.
    """

    id: str
    bus: str
    import_limit_kw: Reals
    export_limit_kw: Reals
    import_price: Reals
    export_price: Reals
    demand: Demand | None = None
    co2e_kg_per_kwh: Reals | float = 0.0


@dataclass(frozen=True, slots=True)
class Converter:
    """Power from one bus made into `ratio` (T,) times as much on another: a heat pump with its COP, a heater.

    limit_kw: of the power taken (T,) [kW]. lifted_bus: bus that gives the difference, ratio - 1 a kilowatt; "" takes
    it from the surroundings. demand: what its highest power costs; None costs nothing.
    """

    id: str
    bus: str
    to_bus: str
    limit_kw: Reals
    ratio: Reals
    lifted_bus: str = ""
    demand: Demand | None = None


@dataclass(frozen=True, slots=True)
class Store:
    """A battery or a tank: capacity [kWh], power limits [kW], efficiencies, share kept from step to step.

    opening_kwh: stored at the start; None lets it end where it began, free to choose. end_kwh: stored at least at the
    end; None asks for as much as at the start. low_kwh: stored at least, always. hold_price: preference for keeping
    energy a step longer [CNY/kWh], which decides between plans and is no part of their cost. Power limits hold on the
    side of the bus.
    """

    id: str
    bus: str
    capacity_kwh: float
    charge_kw: float
    discharge_kw: float
    charge_efficiency: float = 1.0
    discharge_efficiency: float = 1.0
    kept_share: float = 1.0
    wear_price: float = 0.0
    opening_kwh: float | None = None
    end_kwh: float | None = None
    low_kwh: float = 0.0
    hold_price: float = 0.0


@dataclass(frozen=True, slots=True)
class Flexible:
    """Energy wanted within steps [first, end), in any portions: a charger, a load that may be interrupted.

    energy_kwh: to arrive, after `efficiency`. limit_kw: of the power taken.
    """

    id: str
    bus: str
    limit_kw: float
    energy_kwh: float
    first: int
    end: int
    efficiency: float = 1.0


@dataclass(frozen=True, slots=True)
class Job:
    """Work that runs once, in one piece, beginning at one of `starts`; jobs on the same machine never overlap.

    power_kw: profile from its beginning on (D,) [kW]. starts: steps at which it may begin (S,). costs: of beginning
    there (S,) [CNY]. machine: "" for one of its own.
    """

    id: str
    bus: str
    power_kw: Reals
    starts: Whole
    machine: str = ""
    costs: Reals = field(default_factory=lambda: np.zeros(0))


Block = Load | Source | Grid | Converter | Store | Flexible | Job


@dataclass(frozen=True, slots=True)
class System:
    """Blocks on buses over T steps of `step_h` hours.

    carbon_cap_kg: emissions of grid and sources together, at most; None for no cap.
    Raises PlanError when two blocks share an id, an array has another length than `steps`, or a number is not finite.
    """

    step_h: float
    steps: int
    blocks: tuple[Block, ...]
    carbon_cap_kg: float | None = None

    def __post_init__(self) -> None:
        """Check ids, lengths and numbers."""
        seen: set[str] = set()
        for block in self.blocks:
            if block.id in seen:
                raise PlanError(f"energy block {block.id!r}: is there twice; give each block an id of its own")
            seen.add(block.id)
            _check(block, self.steps)

    def of(self, *kinds: type[Block]) -> Iterable[Block]:
        """Return the blocks of some kinds, in their order."""
        return tuple(block for block in self.blocks if isinstance(block, kinds))

    def grids(self) -> tuple[Grid, ...]:
        """Return the connections to the public grid."""
        return tuple(block for block in self.blocks if isinstance(block, Grid))

    def stores(self) -> tuple[Store, ...]:
        """Return the stores."""
        return tuple(block for block in self.blocks if isinstance(block, Store))


_FREE = {"limit_kw", "charge_kw", "discharge_kw", "import_limit_kw", "export_limit_kw"}
"""Limits that may be infinite: none."""
_OWN_LENGTH = {"starts", "costs"}
"""Arrays whose length is not that of the steps."""


def _check(block: Block, steps: int) -> None:
    for name in block.__slots__:
        value = getattr(block, name)
        if isinstance(value, Demand):
            _array(block.id, "demand group", value.group, steps)
            _array(block.id, "demand price", value.price, len(value.price))
            _array(block.id, "demand floor_kw", value.floor_kw, len(value.floor_kw))
        elif isinstance(value, np.ndarray):
            own = name in _OWN_LENGTH or isinstance(block, Job)
            _array(block.id, name, value, len(value) if own else steps)
        elif isinstance(value, float | int) and not (np.isfinite(value) or (name in _FREE and value > 0)):
            raise PlanError(f"energy block {block.id!r}: {name} is {value}; give a finite number")
    if isinstance(block, Flexible) and not 0 <= block.first < block.end <= steps:
        raise PlanError(
            f"energy block {block.id!r}: its window [{block.first}, {block.end}) is no part of {steps} steps; "
            "give a first step below the end"
        )
    if isinstance(block, Job):
        _check_job(block, steps)


def _check_job(job: Job, steps: int) -> None:
    last = steps - len(job.power_kw)
    if job.starts.size == 0 or job.starts.min() < 0 or job.starts.max() > last:
        raise PlanError(
            f"energy block {job.id!r}: cannot begin in {steps} steps with {len(job.power_kw)} steps of work; "
            f"give starts from 0 to {last}"
        )
    if job.costs.size not in (0, job.starts.size):
        raise PlanError(f"energy block {job.id!r}: has {job.costs.size} costs; give one a start, or none")


def _array(block_id: str, name: str, values: NDArray[np.generic], wanted: int) -> None:
    if len(values) != wanted:
        raise PlanError(f"energy block {block_id!r}: {name} has {len(values)} values; give one for each of {wanted}")
    free = name in _FREE
    bad = np.flatnonzero(~np.isfinite(values) & ~(free & (values == np.inf)))
    if bad.size:
        raise PlanError(f"energy block {block_id!r}: {name} is {values[bad[0]]} in step {bad[0]}; give a finite number")
