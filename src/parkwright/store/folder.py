"""Load a park folder: TOML, CSV and EPW files become one frozen, checked Park."""

from __future__ import annotations

import hashlib
from pathlib import Path

from parkwright.model.control import ControlPoint
from parkwright.model.errors import ParkError
from parkwright.model.park import Park
from parkwright.model.plant import (
    Battery,
    Boiler,
    Chiller,
    Compressor,
    EnergyPlant,
    Factor,
    Grid,
    HeatExchanger,
    HeatPump,
    HotWater,
    LampFleet,
    Meter,
    MeterFile,
    Movable,
    SolarField,
    Tank,
    Tariff,
)
from parkwright.model.product import (
    BillLine,
    Market,
    Material,
    OrderPattern,
    Planning,
    Product,
    Segment,
    Setup,
    Supplier,
)
from parkwright.model.site import (
    Building,
    Calendar,
    Crew,
    Edge,
    Fleet,
    Maintenance,
    Node,
    Site,
    Tree,
    Warehouse,
    WorkCenter,
)
from parkwright.store.check import examine
from parkwright.store.document import document
from parkwright.store.draft import Draft

__all__ = ["document", "load"]


def load(path: Path) -> Park:
    """Return the park of a folder, checked.

    path: the park folder. Raises ParkError with all findings of the folder when there is any.
    """
    draft, findings = examine(path)
    site, grid = draft.one(Site), draft.one(Grid)
    if findings or site is None or grid is None:
        raise ParkError(findings)
    return Park(
        site=site,
        buildings=draft.nouns(Building),
        work_centers=draft.nouns(WorkCenter),
        calendar=draft.one(Calendar) or Calendar(),
        segments=draft.nouns(Segment),
        products=draft.nouns(Product),
        materials=draft.nouns(Material),
        bill=draft.nouns(BillLine),
        setups=draft.nouns(Setup),
        suppliers=draft.nouns(Supplier),
        markets=draft.nouns(Market),
        order_pattern=draft.one(OrderPattern),
        meters=draft.nouns(Meter),
        energy=_energy(draft, grid),
        factors=draft.nouns(Factor),
        tariffs=draft.nouns(Tariff),
        nodes=draft.nouns(Node),
        edges=draft.nouns(Edge),
        fleet=draft.one(Fleet),
        warehouse=draft.one(Warehouse),
        green=draft.nouns(Tree),
        meter_files=draft.nouns(MeterFile),
        points=draft.nouns(ControlPoint),
        planning=draft.one(Planning),
        maintenance=draft.nouns(Maintenance),
        crews=draft.nouns(Crew),
        weather=draft.weather,
        orders=draft.orders,
        digest=_digest(path, draft),
    )


def _energy(draft: Draft, grid: Grid) -> EnergyPlant:
    return EnergyPlant(
        grid=grid,
        solar=draft.nouns(SolarField),
        battery=draft.nouns(Battery),
        heat_pump=draft.nouns(HeatPump),
        exchanger=draft.nouns(HeatExchanger),
        tank=draft.nouns(Tank),
        boiler=draft.nouns(Boiler),
        hot_water=draft.one(HotWater),
        compressor=draft.nouns(Compressor),
        chiller=draft.nouns(Chiller),
        lamps=draft.nouns(LampFleet),
        movable=draft.nouns(Movable),
    )


def _digest(path: Path, draft: Draft) -> str:
    """Return the SHA-256 over the names and bytes of the files that were read, in order of name."""
    digest = hashlib.sha256()
    for name in sorted(draft.reader.seen):
        content = (path / name).read_bytes()
        digest.update(f"{name}\n{len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()
