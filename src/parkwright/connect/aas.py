"""The Asset Administration Shell on the wire: elements of the metamodel as plain data, and the views of them.

References: IDTA 01001-3-0-1, metamodel; IDTA 01002-3-0-3, API, clause 11 (level, value-only, metadata, path).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from parkwright.connect.pact_wire import WireError

Data = dict[str, Any]
CHILDREN: Mapping[str, str] = {
    "SubmodelElementCollection": "value",
    "SubmodelElementList": "value",
    "Entity": "statements",
    "Submodel": "submodelElements",
}
"""Kind of element that holds others -> where it holds them."""
CONTENT: Mapping[str, tuple[str, ...]] = {
    "SubmodelElementCollection": ("value",),
    "SubmodelElementList": ("value",),
    "Entity": ("statements",),
    "Submodel": ("submodelElements",),
    "RelationshipElement": ("first", "second"),
    "Property": ("value", "valueId"),
    "MultiLanguageProperty": ("value", "valueId"),
}
"""Kind of element -> what is content and not metadata."""
NAMED: Mapping[str, tuple[str, ...]] = {
    "Entity": ("entityType", "globalAssetId"),
    "RelationshipElement": ("first", "second"),
}
"""Kind of element -> fields that its value tells by name."""
NUMBERS = frozenset({"xs:decimal", "xs:double", "xs:long", "xs:unsignedLong"})
PLACE = re.compile(r"^([A-Za-z][A-Za-z0-9_]*)((?:\[[0-9]{1,6}\])*)$")
"""A step of a path: an idShort with the places in its lists."""


def short(text: str) -> str:
    """Return an idShort for an id of ours: a letter first, then letters, digits and underscores."""
    kept = re.sub(r"[^A-Za-z0-9_]", "_", text)
    return kept if kept[:1].isalpha() else f"x{kept}"


def external(*values: str) -> Data:
    """Return a reference to a definition outside."""
    return {"type": "ExternalReference", "keys": [{"type": "GlobalReference", "value": value} for value in values]}


def model(*steps: tuple[str, str]) -> Data:
    """Return a reference to a thing inside: (kind, id) of each step."""
    return {"type": "ModelReference", "keys": [{"type": kind, "value": value} for kind, value in steps]}


def element(kind: str, name: str, meaning: str, **fields: object) -> Data:
    """Return a submodel element; name: "" inside a list, which has places instead."""
    named = {"idShort": name} if name else {}
    return {"modelType": kind, **named, "semanticId": external(meaning), **fields}


def value(name: str, meaning: str, content: str, kind: str = "xs:string", meant: str = "") -> Data:
    """Return a property; meant: the id of the value in the dictionary that defines it."""
    more = {"valueId": external(meant)} if meant else {}
    return element("Property", name, meaning, valueType=kind, value=content, **more)


def told(name: str, meaning: str, english: str, chinese: str = "") -> Data:
    """Return a text in one or two languages."""
    texts = [{"language": "en", "text": english}]
    if chinese:
        texts.append({"language": "zh", "text": chinese})
    return element("MultiLanguageProperty", name, meaning, value=texts)


def collection(name: str, meaning: str, children: Sequence[Data]) -> Data:
    """Return a collection of named elements."""
    return element("SubmodelElementCollection", name, meaning, value=list(children))


def listing(name: str, meaning: str, children: Sequence[Data]) -> Data:
    """Return a list of elements of one kind and meaning."""
    first = children[0]
    kind = {"valueTypeListElement": first["valueType"]} if "valueType" in first else {}
    return element(
        "SubmodelElementList",
        name,
        meaning,
        typeValueListElement=first["modelType"],
        semanticIdListElement=first["semanticId"],
        **kind,
        value=list(children),
    )


def reference_of(thing: Data) -> Data:
    """Return the reference to a shell or a submodel."""
    return model((thing["modelType"], thing["id"]))


# Views


def children_of(thing: Data) -> list[Data]:
    """Return what an element or a submodel holds, in order."""
    held: list[Data] = thing.get(CHILDREN.get(thing["modelType"], ""), [])
    return held


def metadata(thing: Data) -> Data:
    """Return an element or a submodel without its content."""
    dropped = CONTENT.get(thing["modelType"], ())
    return {name: field for name, field in thing.items() if name not in dropped}


def core(thing: Data) -> Data:
    """Return an element or a submodel with its own children, without theirs."""
    place = CHILDREN.get(thing["modelType"])
    if place is None or place not in thing:
        return thing
    return {**thing, place: [_bare(child) for child in thing[place]]}


def _bare(thing: Data) -> Data:
    place = CHILDREN.get(thing["modelType"])
    return {name: field for name, field in thing.items() if name != place}


def content(thing: Data) -> object:
    """Return the value of an element or a submodel alone."""
    kind = thing["modelType"]
    if kind in ("Submodel", "SubmodelElementCollection"):
        return _contents(thing)
    if kind == "SubmodelElementList":
        return [content(child) for child in children_of(thing)]
    if kind in NAMED:
        statements = {"statements": _contents(thing)} if kind == "Entity" else {}
        return {name: thing[name] for name in NAMED[kind] if name in thing} | statements
    if kind == "MultiLanguageProperty":
        return [{text["language"]: text["text"]} for text in thing["value"]]
    text = thing.get("value")
    if text is not None and thing["valueType"] in NUMBERS:
        return float(text) if "." in text else int(text)
    return text


def _contents(thing: Data) -> Data:
    """Return the values of named children; one without a value is left out."""
    found = {child["idShort"]: content(child) for child in children_of(thing)}
    return {name: each for name, each in found.items() if each is not None}


def paths(thing: Data, deep: bool = True) -> list[str]:
    """Return the paths of all elements in an element or a submodel, its own first where it has one."""
    if thing["modelType"] == "Submodel":
        return [path for child in children_of(thing) for path in _paths(child, child["idShort"], deep)]
    return list(_paths(thing, thing.get("idShort", ""), True))


def _paths(thing: Data, here: str, deep: bool) -> Iterator[str]:
    yield here
    if not deep:
        return
    for number, child in enumerate(children_of(thing)):
        step = f"[{number}]" if thing["modelType"] == "SubmodelElementList" else f".{child['idShort']}"
        yield from _paths(child, f"{here}{step}", deep)


def found(thing: Data, path: str) -> tuple[Data, list[Data]] | None:
    """Return the element at a path below a submodel and the ones on the way to it; None where there is none.

    Raises WireError where the text is no path.
    """
    steps = [PLACE.fullmatch(step) for step in path.split(".")]
    if not all(steps):
        raise WireError(f"path {path[:80]!r}: is none; write idShorts with dots between them and [0] for a place")
    here, way = thing, []
    for parts in filter(None, steps):
        following = next((one for one in children_of(here) if one.get("idShort") == parts[1]), None)
        for place in re.findall(r"[0-9]+", parts[2]):
            if following is not None:
                way.append(following)
                held = children_of(following) if following["modelType"] == "SubmodelElementList" else []
                following = held[int(place)] if int(place) < len(held) else None
        if following is None:
            return None
        here = following
        way.append(here)
    return here, way


def element_reference(submodel: Data, way: Sequence[Data]) -> Data:
    """Return the reference to the last of the elements on a way from a submodel; in a list its place is its id."""
    steps, above = [("Submodel", submodel["id"])], submodel
    for one in way:
        place = next(number for number, child in enumerate(children_of(above)) if child is one)
        steps.append((one["modelType"], one.get("idShort", str(place))))
        above = one
    return model(*steps)
