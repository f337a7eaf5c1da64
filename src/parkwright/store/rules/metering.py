"""The meter tree: what each meter stands behind and what it serves."""

from __future__ import annotations

from collections.abc import Sequence

from parkwright.model.noun import Noun
from parkwright.model.plant import (
    Battery,
    Boiler,
    Chiller,
    Compressor,
    HeatExchanger,
    HeatPump,
    Meter,
    SolarField,
    Tank,
)
from parkwright.model.site import Building, Fleet, Warehouse, WorkCenter, WorkUnit
from parkwright.store.draft import Draft, Placed
from parkwright.store.explain import suggest
from parkwright.store.parse import Place
from parkwright.store.rules.reference import FLEET, THINGS, refer

_SERVED_BY_PURPOSE: dict[str, tuple[type[Noun], ...]] = {
    "machine": (WorkUnit,),
    "line": (WorkCenter,),
    "building": (Building,),
    "hvac": (Building,),
    "lighting": (Building,),
    "air": (Compressor, Building),
    "cold": (Chiller, Building),
    "heat": (HeatPump, HeatExchanger, Tank, Boiler, Building),
}
_SERVED_BY_ROLE: dict[str, type[Noun]] = {"generation": SolarField, "charge": Battery, "discharge": Battery}


def check(draft: Draft) -> None:
    """Report what is wrong with the meters."""
    meters = {placed.noun.id: placed for placed in draft.of(Meter)}
    for placed in draft.of(Meter):
        _served(draft, placed)
        _parent(draft, placed, meters)
    _loops(draft, meters)
    _twice(draft)
    if draft.whole(Meter):
        _wanted(draft)
        _lines(draft, meters)


def _served(draft: Draft, placed: Placed[Meter]) -> None:
    meter, place = placed.noun, placed.place
    thing = f"meter '{meter.id}'"
    if meter.role != "load" and meter.base_kw:
        found = f"is {meter.base_kw:g} at a meter of role {meter.role}"
        draft.reader.report(place, f"{thing}: base_kw", found, "only load meters have a constant draw")
    if meter.role in ("import", "export") or not meter.serves:
        if not meter.serves and (meter.purpose in _SERVED_BY_PURPOSE or meter.role in _SERVED_BY_ROLE):
            what = meter.purpose if meter.role == "load" else meter.role
            draft.reader.report(place, f"{thing}: serves", "is missing", f"name what this {what} meter stands for")
        return
    if meter.role in _SERVED_BY_ROLE and meter.commodity == "electricity":
        refer(draft, place, thing, "serves", meter.serves, _SERVED_BY_ROLE[meter.role])
    elif meter.purpose in _SERVED_BY_PURPOSE and meter.role == "load":
        _fits(draft, place, thing, meter, _SERVED_BY_PURPOSE[meter.purpose])
    elif meter.serves == FLEET:
        if not draft.of(Fleet) and draft.whole(Fleet):
            draft.reader.report(place, f"{thing}: serves", "names the fleet, but there is none", "add [fleet]")
    else:
        _any(draft, place, thing, meter)


def _fits(draft: Draft, place: Place, thing: str, meter: Meter, kinds: tuple[type[Noun], ...]) -> None:
    if meter.serves in draft.known(*kinds):
        return
    if meter.serves in draft.known(*THINGS):
        found = f"'{meter.serves}' is nothing that a meter of purpose {meter.purpose} serves"
        draft.reader.report(place, f"{thing}: serves", found, "change the purpose or what it serves")
        return
    _any(draft, place, thing, meter)


def _any(draft: Draft, place: Place, thing: str, meter: Meter) -> None:
    known = draft.known(*THINGS)
    if meter.serves not in known and not draft.lost.intersection(THINGS):
        found = f"'{meter.serves}' is no machine, line, building or asset of this folder"
        draft.reader.report(place, f"{thing}: serves", found, suggest(meter.serves, sorted(known)))


def _parent(draft: Draft, placed: Placed[Meter], meters: dict[str, Placed[Meter]]) -> None:
    meter, place = placed.noun, placed.place
    thing = f"meter '{meter.id}': parent_id"
    if not meter.parent_id:
        return
    if meter.role != "load":
        found = f"is '{meter.parent_id}' at a meter of role {meter.role}"
        draft.reader.report(place, thing, found, "only load meters stand behind another; leave it empty")
    elif refer(draft, place, f"meter '{meter.id}'", "parent_id", meter.parent_id, Meter) and meter.parent_id in meters:
        parent = meters[meter.parent_id].noun
        if parent.commodity != meter.commodity:
            found = f"'{parent.id}' meters {parent.commodity}, this one {meter.commodity}"
            draft.reader.report(place, thing, found, "name a meter of the same commodity")
        if parent.role != "load":
            found = f"'{parent.id}' is a meter of role {parent.role}"
            draft.reader.report(place, thing, found, "name a load meter, or leave it empty at the busbar")


def _loops(draft: Draft, meters: dict[str, Placed[Meter]]) -> None:
    for placed in draft.of(Meter):
        chain = [placed.noun.id]
        while (parent := meters[chain[-1]].noun.parent_id) in meters and parent not in chain:
            chain.append(parent)
        if parent == placed.noun.id:
            found = f"loops: {' -> '.join([*chain, parent])}"
            draft.reader.report(placed.place, f"meter '{placed.noun.id}': parent_id", found, "break the loop")


def _twice(draft: Draft) -> None:
    """Report two meters that stand for one use of one thing, whose energy would count twice."""
    seen: dict[tuple[str, str, str, str], str] = {}
    for placed in draft.of(Meter):
        meter = placed.noun
        purpose = meter.purpose if meter.role == "load" else ""
        key = (meter.commodity, meter.role, purpose, meter.serves)
        if meter.serves and key in seen:
            found = f"'{meter.serves}' is served by '{seen[key]}' too, for the same purpose"
            draft.reader.report(placed.place, f"meter '{meter.id}': serves", found, "keep one meter of it")
        seen.setdefault(key, meter.id)


def _wanted(draft: Draft) -> None:
    """Report what has no meter although its energy is booked."""
    power = [meter for meter in draft.nouns(Meter) if meter.commodity == "electricity"]
    served = {(meter.role, meter.serves) for meter in power}
    place = Place("meters.csv")
    report = draft.reader.report
    for role in ("import", "export"):
        count = sum(meter.role == role for meter in power)
        if count > 1 or (role == "import" and not count):
            found = f"has {count} electricity meters of role {role}"
            report(place, "meter tree", found, f"give {'one' if role == 'import' else 'at most one'} at the grid point")
    for field in draft.of(SolarField):
        if ("generation", field.noun.id) not in served:
            way_out = "add one of role generation"
            report(field.place, f"solar '{field.noun.id}'", "has no meter in meters.csv", way_out)
    for battery in draft.of(Battery):
        for role in ("charge", "discharge"):
            if (role, battery.noun.id) not in served:
                found = f"has no meter of role {role} in meters.csv"
                report(battery.place, f"battery '{battery.noun.id}'", found, "add one")
    gas = {meter.serves for meter in draft.nouns(Meter) if meter.commodity == "gas"}
    for boiler in draft.of(Boiler):
        if boiler.noun.id not in gas:
            report(boiler.place, f"boiler '{boiler.noun.id}'", "has no gas meter in meters.csv", "add one")
    _stores(draft)


def _stores(draft: Draft) -> None:
    for store in draft.of(Warehouse):
        kinds = [b.kind for b in draft.nouns(Building) if b.id == store.noun.building_id]
        if kinds and kinds[0] != "warehouse":
            found = f"'{store.noun.building_id}' is a building of kind {kinds[0]}"
            draft.reader.report(
                store.place, "warehouse: building_id", found, "name one of kind warehouse", "building_id"
            )


def _lines(draft: Draft, meters: dict[str, Placed[Meter]]) -> None:
    """Report a machine's meter that stands behind the meter of another line."""
    line_of = {unit.id: line.id for line in draft.nouns(WorkCenter) for unit in line.work_unit}
    for placed in draft.of(Meter):
        meter = placed.noun
        if meter.purpose != "machine" or meter.serves not in line_of:
            continue
        above = next((m for m in _above(meter, meters) if m.purpose == "line"), None)
        if above is not None and above.serves != line_of[meter.serves]:
            found = f"stands behind line '{above.serves}', its machine in '{line_of[meter.serves]}'"
            draft.reader.report(placed.place, f"meter '{meter.id}': parent_id", found, "name the meter of its own line")


def _above(meter: Meter, meters: dict[str, Placed[Meter]]) -> Sequence[Meter]:
    chain: list[Meter] = []
    while meter.parent_id in meters and meters[meter.parent_id].noun not in chain:
        meter = meters[meter.parent_id].noun
        chain.append(meter)
    return chain
