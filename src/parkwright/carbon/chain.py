"""The chain of a park as one graph: suppliers' processes, materials, freight, energy of each day, products."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from parkwright.carbon import uncertainty
from parkwright.carbon.editions import ActivityFactor
from parkwright.carbon.factors import decimal
from parkwright.carbon.footprint import Method, Mix, Sourcing, carried_t_km
from parkwright.carbon.graph import Graph, graph
from parkwright.carbon.uncertainty import Spread
from parkwright.model.errors import LedgerError
from parkwright.model.noun import Sourced, figure, word
from parkwright.model.park import Park

KG_PER_KWH = 1e-3
"""Kilograms a kilowatt-hour in a microgram a milliwatt-hour (SI prefixes: 1e-9 / 1e-6)."""


class Process(Sourced):
    """A process of a supplier: what it emits for a unit of its output, and how that errs."""

    id: str = word("identity; that of a material where it makes one", min_length=1, max_length=80)
    supplier_id: str = word("supplier that runs it")
    direct_kg: float = figure("kg CO2e a unit", "emitted by the process itself", ge=0)
    cv: float = figure("share", "coefficient of variation", 0.0, ge=0, le=10)
    group: str = word("figures of one group err together; empty errs alone", "")


class Exchange(Sourced):
    """What a process uses of another's output for a unit of its own."""

    user_id: str = word("process that uses", min_length=1, max_length=80)
    input_id: str = word("process whose output is used", min_length=1, max_length=80)
    quantity: float = figure("units of the input", "for a unit of the user's output", ge=0)
    cv: float = figure("share", "coefficient of variation", 0.0, ge=0, le=10)
    group: str = word("figures of one group err together; empty errs alone", "")


@dataclass(frozen=True)
class ParkChain:
    """A park's graph, how its figures err, and the products in it."""

    graph: Graph
    spread: Spread
    product_ids: tuple[str, ...]


@dataclass
class _Draft:
    """A graph in the making: processes by id, exchanges by place."""

    place: dict[str, int] = field(default_factory=dict)
    direct: list[float] = field(default_factory=list)
    sure: list[tuple[float, str]] = field(default_factory=list)
    uses: list[tuple[int, int, float]] = field(default_factory=list)
    use_sure: list[tuple[float, str]] = field(default_factory=list)

    def process(self, name: str, direct: float, cv: float = 0.0, group: str = "") -> None:
        """Add a process; raises LedgerError when there is one of that id."""
        if name in self.place:
            raise LedgerError(f"chain: {name!r} stands for two things; give a supplier's process another id")
        self.place[name] = len(self.direct)
        self.direct.append(direct)
        self.sure.append((cv, group))

    def use(self, user: str, name: str, quantity: float, cv: float = 0.0, group: str = "") -> None:
        """Add an exchange; raises LedgerError when there is no such process."""
        if name not in self.place:
            raise LedgerError(
                f"chain: {user} uses {name!r}, which is unknown; add it to materials.csv or processes.csv"
            )
        self.uses.append((self.place[user], self.place[name], quantity))
        self.use_sure.append((cv, group))

    def made(self, product_ids: tuple[str, ...]) -> ParkChain:
        """Return the chain; groups are numbered in order of their first appearance."""
        names = {name: n for n, name in enumerate(dict.fromkeys(g for _, g in (*self.sure, *self.use_sure) if g))}
        rows = ([one[0] for one in self.uses], [one[1] for one in self.uses], [one[2] for one in self.uses])
        made = graph(list(self.place), self.direct, rows)
        own, uses = (
            ([cv for cv, _ in given], [names.get(group, -1) for _, group in given])
            for given in (self.sure, self.use_sure)
        )
        return ParkChain(made, uncertainty.spread_of(made, own, uses, list(self.place)), product_ids)


def of_processes(processes: Iterable[Process], exchanges: Iterable[Exchange]) -> ParkChain:
    """Return the chain of suppliers' processes alone; raises LedgerError when an exchange names no process."""
    draft = _Draft()
    _add_processes(draft, processes, exchanges)
    return draft.made(())


def _add_processes(draft: _Draft, processes: Iterable[Process], exchanges: Iterable[Exchange]) -> None:
    for one in processes:
        draft.process(one.id, one.direct_kg, one.cv, one.group)
    for use in exchanges:
        draft.use(use.user_id, use.input_id, use.quantity, use.cv, use.group)


def of_park(
    park: Park,
    processes: Iterable[Process],
    exchanges: Iterable[Exchange],
    sourcing: Mapping[str, Sourcing],
    freight: Mapping[str, ActivityFactor],
    method: Method,
    energy: Mapping[str, tuple[Mix, Mapping[str, float]]],
    times: Mapping[str, float] | None = None,
) -> ParkChain:
    """Return a park's chain: a process that bears a material's id makes it, else the park folder's footprint stands.

    energy: day -> (its mix, product id -> kWh a unit finished in the whole span took on that day). A product without
    energy is there with its materials alone. times: product id -> bills that a good unit consumed in the mean, with its
    share of scrapped units; 1 where it is left out.

    Raises LedgerError when two things have one id or a bill names something unknown.
    """
    draft = _Draft()
    _add_processes(draft, processes, exchanges)
    for material in park.materials:
        if material.id not in draft.place:
            row = sourcing.get(material.id)
            sure = (float(row.cv), row.group) if row else (0.0, "")
            draft.process(material.id, material.footprint_kg_per_unit, *sure)
    for factor_id in sorted({row.freight_factor_id for row in sourcing.values() if row.freight_factor_id}):
        draft.process(f"freight:{factor_id}", float(freight[factor_id].value), float(method.freight_cv), factor_id)
    for day, (mix, _) in energy.items():
        draft.process(f"energy:{day}", float(mix.ug_per_mwh_int) * KG_PER_KWH, float(method.cv), method.life_cycle_id)
    for product in park.products:
        draft.process(product.id, 0.0)
    for line in park.bill:
        row = sourcing.get(line.component_id)
        bought = decimal(line.quantity) * (1 + row.scrap_share if row else 1)
        each = (times or {}).get(line.product_id, 1.0)
        draft.use(line.product_id, line.component_id, float(bought) * each)
        if row and row.freight_factor_id:
            draft.use(line.product_id, f"freight:{row.freight_factor_id}", float(bought * carried_t_km(row)) * each)
    for day, (_, kwh) in energy.items():
        for product_id in sorted(kwh):
            draft.use(product_id, f"energy:{day}", kwh[product_id])
    return draft.made(tuple(product.id for product in park.products if product.kind == "finished"))
