"""The resources of the AAS server: shells, submodels, their elements in every view, discovery and serialization."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Literal

from fastapi import APIRouter, Header, Path, Query, Request
from fastapi.responses import JSONResponse, Response

from parkwright.connect import aas, aas_unit, aasx
from parkwright.connect.aas import Data
from parkwright.connect.aas_door import (
    Encoded,
    decoded,
    named,
    seen,
    shells_of,
    submodel_of,
    unit_by_id,
    units,
)
from parkwright.connect.pact_server import CodedError
from parkwright.connect.pact_wire import WireError

PAGE = 50
"""Most shells or submodels of an answer (assumed: about half a megabyte)."""
UNITS = 10
"""Units of an environment where none is named (assumed: as much)."""
SPEC = "https://admin-shell.io/aas/API/3/0"
PROFILES = (
    f"{SPEC}/AssetAdministrationShellRepositoryServiceSpecification/SSP-002",
    f"{SPEC}/SubmodelRepositoryServiceSpecification/SSP-002",
    f"{SPEC}/AssetAdministrationShellServiceSpecification/SSP-002",
    f"{SPEC}/SubmodelServiceSpecification/SSP-002",
    f"{SPEC}/DiscoveryServiceSpecification/SSP-002",
)
VALUE, REFERENCE, PATH = "/$value", "/$reference", "/$path"
LEAST = 4
"""Submodels that a unit has at least."""
WITH: Literal["withBlobValue"] = "withBlobValue"
View = Callable[[Data], object]
Limit = Annotated[int | None, Query(ge=1, le=1_000_000, description="most entries of the answer")]
Cursor = Annotated[str, Query(max_length=2000, description="where the answer before ended")]
Level = Annotated[Literal["core", "deep"], Query(description="core: without the children's children")]
Extent = Annotated[Literal["withBlobValue", "withoutBlobValue"], Query(description="no blobs are held")]
AssetIds = Annotated[list[str], Query(default_factory=list, alias="assetIds", max_length=10)]
IdShort = Annotated[str, Query(alias="idShort", max_length=200)]
ElementPath = Annotated[str, Path(max_length=2000, description="idShorts with dots, places in brackets")]

shells = APIRouter()
submodels = APIRouter()
discovery = APIRouter()
serialization = APIRouter()
of_shell = APIRouter()
of_submodel = APIRouter()


def whole(thing: Data) -> Data:
    """Return a thing as it is."""
    return thing


def _few(limit: int | None) -> int:
    return min(limit or PAGE, PAGE)


def _paged(entries: Sequence[object], cursor: str | None) -> Response:
    return JSONResponse({"paging_metadata": {"cursor": cursor} if cursor else {}, "result": list(entries)})


def _cut(entries: Sequence[object], limit: int | None, cursor: str) -> Response:
    """Return a page of what is at hand; its cursor is a place."""
    if cursor and not (cursor.isascii() and cursor.isdigit()):
        raise WireError(f"cursor {cursor[:40]!r}: is none of ours; start without one")
    start = int(cursor[:9] or 0)
    end = min(start + (limit or len(entries)), len(entries))
    return _paged(entries[start:end], str(end) if end < len(entries) else None)


# Shells


def _asked(asset_ids: Sequence[str], id_short: str = "") -> list[tuple[str, str]]:
    """Return the names that a unit must have; raises WireError where they cannot be read."""
    found = [("idShort", id_short)] if id_short else []
    for text in asset_ids:
        try:
            pair = json.loads(decoded(text))
            found.append((str(pair["name"]), str(pair["value"])))
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise WireError("assetIds: is no name and value as JSON in base64url; encode them") from error
    return found


def _listed(request: Request, view: View, wanted: list[tuple[str, str]], limit: int | None, cursor: str) -> Response:
    """Return a page of units in a view, by day and serial number."""
    found = named(request, wanted) if wanted else units(request, cursor, _few(limit) + 1)
    page = found[: _few(limit)]
    made = shells_of(request)
    return _paged([view(made.shell(one)) for one in page], page[-1].unit_id if len(found) > len(page) else None)


@shells.get("/shells")
def get_shells(
    request: Request, asset_ids: AssetIds, limit: Limit = None, cursor: Cursor = "", id_short: IdShort = ""
) -> Response:
    """The shells of the units."""
    return _listed(request, whole, _asked(asset_ids, id_short), limit, cursor)


@shells.get("/shells/$reference")
def get_shell_references(
    request: Request, asset_ids: AssetIds, limit: Limit = None, cursor: Cursor = "", id_short: IdShort = ""
) -> Response:
    """References to them."""
    return _listed(request, aas.reference_of, _asked(asset_ids, id_short), limit, cursor)


@discovery.get("/lookup/shells")
def look_up(request: Request, asset_ids: AssetIds, limit: Limit = None, cursor: Cursor = "") -> Response:
    """The ids of the shells whose unit has these names."""
    return _listed(request, lambda each: each["id"], _asked(asset_ids), limit, cursor)


@discovery.get("/lookup/shells/{aas_id}")
def look_up_names(request: Request, aas_id: Encoded) -> Response:
    """The names of a shell's unit."""
    return JSONResponse(shells_of(request).asset_ids(unit_by_id(request, decoded(aas_id))[0]))


@of_shell.get("")
def get_shell(request: Request) -> Response:
    """The shell of a unit."""
    return JSONResponse(shells_of(request).shell(request.state.unit))


@of_shell.get("/$reference")
def get_shell_reference(request: Request) -> Response:
    """The reference to it."""
    return JSONResponse(aas.reference_of(shells_of(request).shell(request.state.unit)))


@of_shell.get("/asset-information")
def get_asset(request: Request) -> Response:
    """What it stands for."""
    return JSONResponse(shells_of(request).shell(request.state.unit)["assetInformation"])


@of_shell.get("/asset-information/thumbnail")
def get_thumbnail() -> Response:
    """There is no picture of a single unit."""
    raise CodedError(404, "NotFound", "there is no picture of this unit")


@of_shell.get("/submodel-refs")
def get_submodel_references(request: Request, limit: Limit = None, cursor: Cursor = "") -> Response:
    """References to its submodels."""
    return _cut(shells_of(request).shell(request.state.unit)["submodels"], limit, cursor)


# Submodels


def _next_submodels(request: Request, cursor: str, most: int) -> list[Data]:
    """Return at least `most` submodels after the one whose id is the cursor, where there are as many."""
    made, after = shells_of(request), ""
    found: list[Data] = []
    if cursor:
        one, kind = unit_by_id(request, cursor)
        own = made.submodels(one)
        found = own[next((place + 1 for place, each in enumerate(own) if each["idShort"] == kind), 0) :]
        after = one.unit_id
    missing = most - len(found)
    if missing > 0:
        for one in units(request, after, -(-missing // LEAST)):
            found += made.submodels(one)
    return found


def _listed_paths(request: Request, cursor: str, most: int, level: str) -> Response:
    """Return a page of paths; its cursor is the last submodel that is done, and the paths of the next one that are."""
    done, _, place = cursor.partition("~")
    start = int(place) if place.isascii() and place.isdigit() and len(place) < 9 else 0
    held = _next_submodels(request, done, most + 1)
    told = [(before, number, path)
            for before, each in zip(["", *(each["id"] for each in held)], held, strict=False)
            for number, path in enumerate(aas.paths(_deep(each, level)))][start:]  # fmt: skip
    following = None
    if len(told) > most:
        before, number, _ = told[most]
        following = f"{before or done}~{number}"
    return _paged([path for _, _, path in told[:most]], following)


def _flat(answers: Sequence[object]) -> list[object]:
    """Return answers with those that are lists of paths laid end to end."""
    return [each for answer in answers for each in (answer if isinstance(answer, list) else [answer])]


def _listing(name: str, view: View) -> Callable[..., Response]:
    def get_submodels(
        request: Request, limit: Limit = None, cursor: Cursor = "", level: Level = "deep", extent: Extent = WITH
    ) -> Response:
        if name == PATH:
            return _listed_paths(request, cursor, _few(limit), level)
        found = _next_submodels(request, cursor, _few(limit) + 1)
        page = found[: _few(limit)]
        following = page[-1]["id"] if len(found) > len(page) else None
        return _paged([view(_deep(each, level)) for each in page], following)

    return get_submodels


def _single(_name: str, view: View) -> Callable[..., Response]:
    def get_submodel(request: Request, level: Level = "deep", extent: Extent = WITH) -> Response:
        return JSONResponse(view(_deep(request.state.submodel, level)))

    return get_submodel


def _elements(name: str, view: View) -> Callable[..., Response]:
    def get_elements(
        request: Request, limit: Limit = None, cursor: Cursor = "", level: Level = "deep", extent: Extent = WITH
    ) -> Response:
        submodel = request.state.submodel
        held = aas.children_of(submodel)
        if name == REFERENCE:
            return _cut([aas.element_reference(submodel, [each]) for each in held], limit, cursor)
        told = [view(_deep(each, level)) for each in held]
        if name == VALUE:
            told = [{each["idShort"]: answer} for each, answer in zip(held, told, strict=True)]
        return _cut(_flat(told) if name == PATH else told, limit, cursor)

    return get_elements


def _element(name: str, view: View) -> Callable[..., Response]:
    def get_element(request: Request, path: ElementPath, level: Level = "deep", extent: Extent = WITH) -> Response:
        one, way = _found(request, path)
        if name == REFERENCE:
            return JSONResponse(aas.element_reference(request.state.submodel, way))
        if name == PATH and one["modelType"] not in aas.CHILDREN:
            raise CodedError(400, "BadRequest", "this element holds no others and so no paths; ask for its value")
        return JSONResponse(view(_deep(one, level)))

    return get_element


def _found(request: Request, path: str) -> tuple[Data, list[Data]]:
    """Return the element at a path and those on the way to it, or refuse."""
    found = aas.found(request.state.submodel, path)
    if found is None:
        raise CodedError(404, "NotFound", "this submodel has no such element")
    return found


def _deep(thing: Data, level: str) -> Data:
    return aas.core(thing) if level == "core" else thing


@of_submodel.get("/submodel-elements/{path}/attachment")
def get_attachment(request: Request, path: ElementPath) -> Response:
    """No element holds a file."""
    _found(request, path)
    raise CodedError(404, "NotFound", "this element is no file")


VIEWS: Mapping[str, tuple[str, View]] = {
    "": ("The {} in full.", whole),
    "/$metadata": ("The {} without content.", aas.metadata),
    VALUE: ("The values of the {} alone.", aas.content),
    REFERENCE: ("The reference to the {}.", aas.reference_of),
    PATH: ("The paths in the {}.", aas.paths),
}
"""Modifier of a path -> what it answers with."""
for router, place, make, thing in (
    (submodels, "/submodels", _listing, "submodels of the units"),
    (of_submodel, "", _single, "submodel"),
    (of_submodel, "/submodel-elements", _elements, "elements of the submodel"),
    (of_submodel, "/submodel-elements/{path}", _element, "element"),
):
    for modifier, (sentence, shown) in VIEWS.items():
        text = sentence.format(thing)
        router.add_api_route(f"{place}{modifier}", make(modifier, shown), description=text, response_class=JSONResponse)


# All of it


@serialization.get("/serialization", response_class=JSONResponse)
def serialize(
    request: Request,
    aas_ids: Annotated[list[str], Query(default_factory=list, alias="aasIds", max_length=PAGE)],
    submodel_ids: Annotated[list[str], Query(default_factory=list, alias="submodelIds", max_length=PAGE)],
    concepts: Annotated[bool, Query(alias="includeConceptDescriptions")] = True,
    accept: Annotated[str, Header(max_length=500)] = "",
) -> Response:
    """Shells and submodels in one environment, as JSON or, where that is accepted, as AASX.

    The first units where none is named. Submodels of a shell that is not named come without it.
    """
    made = shells_of(request)
    shells_named = [seen(request, unit_by_id(request, decoded(text))[0]) for text in aas_ids]
    one_by_one = [unit_by_id(request, decoded(text)) for text in submodel_ids]
    if not shells_named and not one_by_one:
        shells_named = list(units(request, "", UNITS))
    held = [each for one in shells_named for each in made.submodels(one)]
    held += [each for one, kind in one_by_one if (each := submodel_of(request, one, kind)) not in held]
    environment: Data = {"assetAdministrationShells": [made.shell(one) for one in shells_named], "submodels": held}
    if concepts:
        environment["conceptDescriptions"] = aas_unit.concepts()
    environment = {name: things for name, things in environment.items() if things}
    if aasx.MEDIA_TYPE in accept:
        return Response(aasx.package(environment), media_type=aasx.MEDIA_TYPE)
    return JSONResponse(environment)


def describe() -> Response:
    """The profiles that this server keeps."""
    return JSONResponse({"profiles": list(PROFILES)})
