"""Points of a park as Brick in Turtle: written for other building systems, and read back from what they give."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from parkwright.model.control import ControlPoint
from parkwright.model.errors import TableError
from parkwright.model.park import Park

BRICK = "https://brickschema.org/schema/Brick#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
OWN = "urn:parkwright:point#"

CLASSES: dict[tuple[str, str, str], str] = {
    ("room", "temperature_c", "sensor"): "Zone_Air_Temperature_Sensor",
    ("room", "co2_ppm", "sensor"): "CO2_Level_Sensor",
    ("room", "humidity_share", "sensor"): "Relative_Humidity_Sensor",
    ("air_handler", "temperature_c", "sensor"): "Supply_Air_Temperature_Sensor",
    ("air_handler", "temperature_c", "setpoint"): "Zone_Air_Temperature_Setpoint",
    ("chiller", "temperature_c", "sensor"): "Leaving_Chilled_Water_Temperature_Sensor",
    ("chiller", "temperature_c", "setpoint"): "Leaving_Chilled_Water_Temperature_Setpoint",
    ("lighting", "level_share", "setpoint"): "Luminance_Setpoint",
    ("shading", "level_share", "setpoint"): "Position_Command",
    ("water", "flow_m3_per_h", "sensor"): "Water_Flow_Sensor",
}
"""Brick class of a point by what it belongs to, what it tells and its role; Brick 1.4."""
EQUIPMENT = {
    "air_handler": "Air_Handling_Unit", "chiller": "Chiller", "lighting": "Lighting_System",
    "shading": "Equipment", "water": "Water_Meter",
}  # fmt: skip
"""Brick class of what a point belongs to; a room's point belongs to its zone."""
_FIELDS = tuple(ControlPoint.model_fields)
_TOKEN = re.compile(
    r'\s*(?:#[^\n]*\n\s*)*(?:(<[^>]*>)|("(?:[^"\\]|\\.)*"(?:\^\^(?:<[^>]*>|\S+?)(?=[\s;,.])|@[A-Za-z-]+)?)|(@prefix)|([;,.\[\]])(?=\s|$)'
    r"|([^\s;,\[\]\"<]+?)(?=\s|[;,]|\.\s|\.$|$))"
)


@dataclass(frozen=True, slots=True)
class Triple:
    """A statement: subject and predicate as addresses, object as address or text."""

    subject: str
    predicate: str
    value: str
    literal: bool


def turtle(park: Park) -> str:
    """Return the park's points, the equipment, zones and buildings that they belong to, as Brick in Turtle.

    What Brick has no word for (limits, rate, schedule, address) stands in our own properties, so that reading it back
    gives the same points.
    """
    lines = [
        f"@prefix brick: <{BRICK}> .", f"@prefix rdfs: <{RDFS}> .", f"@prefix pw: <{OWN}> .",
        f"@prefix site: <urn:parkwright:{park.site.park_id}#> .", "",
    ]  # fmt: skip
    wanted = {point.building_id for point in park.points}
    for building in park.buildings:
        if building.id in wanted:
            lines.append(_block(f"site:{building.id}", "brick:Building", [f"rdfs:label {_text(building.name.en)}@en"]))
    for building_id, zone_id in sorted({(p.building_id, p.zone_id) for p in park.points}):
        part = f"brick:isPartOf site:{building_id}"
        lines.append(_block(f"site:{building_id}.{zone_id}", "brick:HVAC_Zone", [part]))
    for key in sorted({(p.building_id, p.zone_id, p.kind) for p in park.points if p.kind in EQUIPMENT}):
        feeds = f"brick:feeds site:{key[0]}.{key[1]}"
        lines.append(_block(f"site:{'.'.join(key)}", f"brick:{EQUIPMENT[key[2]]}", [feeds]))
    lines += [_point(point) for point in park.points]
    return "\n".join(lines)


def points(text: str) -> list[ControlPoint]:
    """Return the points of a Turtle text that `turtle` wrote, or that says the same in other words and another order.

    Raises TableError when the text is no Turtle that can be read, or a point lacks what a point needs.
    """
    told: dict[str, dict[str, str]] = {}
    for triple in triples(text):
        if triple.predicate.startswith(OWN):
            told.setdefault(triple.subject, {})[triple.predicate[len(OWN) :]] = triple.value
    found = []
    for subject, fields in told.items():
        strange = sorted(set(fields) - set(_FIELDS))
        if strange:
            raise TableError(f"{subject}: {strange[0]} is no property of a point; give {', '.join(_FIELDS)}")
        try:
            found.append(ControlPoint.model_validate(fields))
        except ValueError as error:
            first = str(error).splitlines()
            raise TableError(f"{subject}: is no point ({' '.join(first[1:3]).strip()}); mend the Turtle") from error
    return sorted(found, key=lambda point: point.id)


@dataclass(frozen=True, slots=True)
class Taken:
    """What a Brick text holds for a park: points, and the subjects (class) that no point of ours stands for."""

    points: tuple[ControlPoint, ...]
    left_out: tuple[str, ...]


def taken(text: str, park: Park) -> Taken:
    """Return the points of a Brick text for a park: those that say all that a point needs, and those in plain Brick.

    A point in plain Brick is known by its class (CLASSES); its zone is what it is a point of, or what its equipment
    feeds; its building is the part-of of the zone, by the park's id or by its name. It gets no limits and no address,
    so it is shown and never written until points.csv gives them. Other points are left out, by subject and class.

    Raises TableError when the text cannot be read, or a point in plain Brick lies in no building of the park.
    """
    told = list(triples(text))
    whole = points(text)
    own = {triple.subject for triple in told if triple.predicate.startswith(OWN)}
    facts = {(t.subject, t.predicate.removeprefix(BRICK)): t.value for t in told}
    kinds = {BRICK + name: key for key, name in CLASSES.items()}
    found, left_out = list(whole), []
    for triple in told:
        if triple.predicate != RDF_TYPE or triple.subject in own or (triple.subject, "isPointOf") not in facts:
            continue
        if triple.value in kinds:
            found.append(_plain(triple.subject, kinds[triple.value], facts, park))
        else:
            left_out.append(f"{triple.subject} ({triple.value.removeprefix(BRICK)})")
    return Taken(tuple(sorted(found, key=lambda point: point.id)), tuple(left_out))


def _plain(subject: str, key: tuple[str, str, str], facts: dict[tuple[str, str], str], park: Park) -> ControlPoint:
    kind, quantity, role = key
    owner = facts[subject, "isPointOf"]
    zone = facts.get((owner, "feeds"), owner)
    place = facts.get((zone, "isPartOf"), zone)
    names = {_local(place), facts.get((place, RDFS + "label"), "")}
    building = next((b.id for b in park.buildings if names & {b.id, b.name.en, b.name.zh}), None)
    if building is None:
        known = ", ".join(one.id for one in park.buildings)
        raise TableError(
            f"{subject}: lies in {_local(place)}, which is no building of the park; make it a point of a zone that is "
            f"part of {known}"
        )
    label = facts.get((subject, RDFS + "label"), _local(subject))[:80]
    return ControlPoint.model_validate(
        {
            "id": _local(subject), "name_en": label, "name_zh": label, "building_id": building, "zone_id": _local(zone),
            "kind": kind, "quantity": quantity, "role": role, "basis": "derived: taken from a Brick file",
        }
    )  # fmt: skip


def _local(address: str) -> str:
    """Return the last part of an address as an id: what is no letter, digit, dot, dash or underscore becomes a dash."""
    name = re.split(r"[#/:]", address)[-1]
    return re.sub(r"[^A-Za-z0-9_.-]", "-", name)[:48].lstrip("._-") or "x"


def rows(found: Sequence[ControlPoint]) -> str:
    """Return points as the text of points.csv."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_FIELDS)
    for point in found:
        values = (getattr(point, name) for name in _FIELDS)
        writer.writerow(["" if value is None else value for value in values])
    return text.getvalue()


def triples(text: str) -> Iterator[Triple]:
    """Yield the statements of a Turtle text: prefixes, `a`, lists by `;` and `,`, addresses and texts.

    Blank nodes and collections are not read. Raises TableError with the place of what cannot be read.
    """
    prefixes: dict[str, str] = {}
    tokens = _tokens(text)
    for first, place in tokens:
        if first == "@prefix":
            name, address, _ = (next(tokens, ("", place))[0] for _ in range(3))
            prefixes[name] = address[1:-1]
            continue
        yield from _statements(_address(first, prefixes, place), tokens, prefixes, len(text))


def _statements(
    subject: str, tokens: Iterator[tuple[str, int]], prefixes: dict[str, str], last: int
) -> Iterator[Triple]:
    """Yield what is said of one subject, up to the full stop."""
    end, at = ";", 0
    while end == ";":
        word, at = next(tokens, ("", last))
        if word == ".":
            return
        predicate = RDF_TYPE if word == "a" else _address(word, prefixes, at)
        end = ","
        while end == ",":
            value, at = next(tokens, ("", last))
            end, _ = next(tokens, ("", last))
            yield _triple(subject, predicate, value, prefixes, at)
    if end != ".":
        raise TableError(f"Turtle, near character {at}: {end!r} stands where ';', ',' or '.' belongs; mend it")


def _tokens(text: str) -> Iterator[tuple[str, int]]:
    at = 0
    while at < len(text.rstrip()):
        match = _TOKEN.match(text, at)
        if match is None or match.end() == at:
            raise TableError(f"Turtle, near character {at}: {text[at : at + 20]!r} cannot be read; mend it")
        at = match.end()
        word = next((one for one in match.groups() if one is not None), "")
        if word in {"[", "]"}:
            raise TableError(f"Turtle, near character {at}: blank nodes are not read; give each thing a name")
        yield word, at


def _triple(subject: str, predicate: str, value: str, prefixes: dict[str, str], at: int) -> Triple:
    if value.startswith('"'):
        inner = value[1 : value.rindex('"')]
        return Triple(subject, predicate, inner.replace('\\"', '"').replace("\\\\", "\\"), True)
    if re.fullmatch(r"[+-]?[0-9.]+([eE][+-]?[0-9]+)?|true|false", value):
        return Triple(subject, predicate, value, True)
    return Triple(subject, predicate, _address(value, prefixes, at), False)


def _address(word: str, prefixes: dict[str, str], at: int) -> str:
    if word.startswith("<") and word.endswith(">"):
        return word[1:-1]
    prefix, colon, name = word.partition(":")
    if not colon or f"{prefix}:" not in prefixes:
        raise TableError(f"Turtle, near character {at}: {word!r} is no address and no name of a known prefix; mend it")
    return prefixes[f"{prefix}:"] + name


def _point(point: ControlPoint) -> str:
    kind = CLASSES.get((point.kind, point.quantity, point.role), "Setpoint" if point.role == "setpoint" else "Sensor")
    owner = f"site:{point.building_id}.{point.zone_id}" + (f".{point.kind}" if point.kind in EQUIPMENT else "")
    said = [f"brick:isPointOf {owner}", f"rdfs:label {_text(point.name_en)}@en , {_text(point.name_zh)}@zh"]
    for name in _FIELDS:
        value = getattr(point, name)
        if value is not None and value != "":
            said.append(f"pw:{name} {_text(str(value))}")
    return _block(f"site:{point.id}", f"brick:{kind}", said)


def _block(subject: str, kind: str, said: Sequence[str]) -> str:
    return f"{subject} a {kind} ;\n    " + " ;\n    ".join(said) + " .\n"


def _text(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
