"""Identities that are given once, and references that lead to something."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from parkwright.model.control import ControlPoint
from parkwright.model.noun import Noun
from parkwright.model.plant import (
    Battery,
    Boiler,
    Chiller,
    Compressor,
    Factor,
    HeatExchanger,
    HeatPump,
    LampFleet,
    Meter,
    Movable,
    SolarField,
    Tank,
    Tariff,
)
from parkwright.model.product import Market, Material, Product, Segment, Supplier
from parkwright.model.site import Building, Crew, Node, Tree, WorkCenter, WorkUnit
from parkwright.store.draft import Draft
from parkwright.store.explain import suggest
from parkwright.store.parse import Place

ASSETS: tuple[type[Noun], ...] = (
    SolarField,
    Battery,
    HeatPump,
    HeatExchanger,
    Tank,
    Boiler,
    Compressor,
    Chiller,
    LampFleet,
    Movable,
)
"""Energy plant; its identities must differ from each other, since set-points and meters name only the id."""

THINGS: tuple[type[Noun], ...] = (Building, WorkCenter, WorkUnit, *ASSETS)
"""What a meter can serve and a signal can be about."""

FLEET = "fleet"
"""Identity of the robots where a meter serves them."""

_KINDS: tuple[tuple[type[Noun], ...], ...] = (
    THINGS,
    (Product, Material),
    (Segment,),
    (Market,),
    (Supplier,),
    (Meter,),
    (Factor,),
    (Tariff,),
    (Node,),
    (Crew,),
    (Tree,),
    (ControlPoint,),
)


def identities(draft: Draft) -> None:
    """Report identities that are given twice among things that are looked up together."""
    for kinds in _KINDS:
        seen: dict[str, str] = {}
        for kind in kinds:
            for identity, place, thing in _named(draft, kind):
                if identity in seen:
                    found = f"stands also for {seen[identity]}"
                    draft.reader.report(place, f"{thing} '{identity}'", found, "give each its own id", "id")
                seen.setdefault(identity, thing)


def _named(draft: Draft, kind: type[Noun]) -> Iterable[tuple[str, Place, str]]:
    thing = _words(kind)
    if kind is WorkUnit:
        for line in draft.of(WorkCenter):
            for position, unit in enumerate(line.noun.work_unit):
                path = (*line.place.path, "work_unit", position)
                yield unit.id, Place(line.place.file, path=path), thing
        return
    for placed in draft.of(kind):
        yield getattr(placed.noun, "id", ""), placed.place, thing


def _words(kind: type[Noun]) -> str:
    """Return a noun's name as words: WorkUnit -> work unit."""
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in kind.__name__).strip()


def refer(
    draft: Draft, place: Place, thing: str, key: str | Sequence[str | int], given: str, *kinds: type[Noun]
) -> bool:
    """Report a reference that leads nowhere and return whether it leads somewhere.

    thing: what refers, key: its field, given: the identity that it names, kinds: what it may name.
    """
    known = draft.known(*kinds)
    if given in known:
        return True
    if draft.lost.intersection(kinds):
        return False
    what = " or ".join(_words(kind) for kind in (kinds if len(kinds) <= 3 else kinds[:1]))
    name = key if isinstance(key, str) else str(key[-1])
    way_out = suggest(given, sorted(known)) if known else f"there is none in this folder; add a {what}"
    draft.reader.report(place, f"{thing}: {name}", f"'{given}' is no {what} of this folder", way_out, key)
    return False
