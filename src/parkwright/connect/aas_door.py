"""Who asks the AAS server for what: the partner's units, one unit alone, a shell or a submodel by its id."""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import Path, Request

from parkwright.carbon.own import Identity
from parkwright.connect import aas_unit, digital_link
from parkwright.connect.aas import Data, short
from parkwright.connect.pact_server import Asking, CodedError
from parkwright.connect.pact_wire import WireError
from parkwright.run.built import Built, Shelf

Serial = Annotated[str, Path(max_length=100, description="serial number")]
Encoded = Annotated[str, Path(max_length=3000, description="an id, base64url")]


@dataclass(frozen=True)
class Shells:
    """What every request is served with."""

    shelf: Shelf
    identity: Identity
    park_id: str

    def shell(self, one: Built) -> Data:
        """Return the shell of a unit."""
        return aas_unit.shell(self.identity, self.park_id, one)

    def submodels(self, one: Built) -> list[Data]:
        """Return the submodels of a unit."""
        return aas_unit.submodels(self.identity, self.park_id, one)

    def asset_ids(self, one: Built) -> list[Data]:
        """Return what a unit is known by: names and values."""
        known = aas_unit.asset_information(self.identity, self.park_id, one)
        return [{"name": "globalAssetId", "value": known["globalAssetId"]}, *known["specificAssetIds"]]


def shells_of(request: Request) -> Shells:
    """Return what the request is served with."""
    shells: Shells = request.app.state.shells
    return shells


def all_units(request: Request, partner: Asking) -> None:
    """Let the request see the units of the products that are addressed to the partner."""
    request.state.products = frozenset(request.app.state.door.desk.addressed_references(partner.id))
    request.state.unit = None


def one_unit(request: Request, partner: Asking, unit_id: Serial) -> None:
    """Let the request see one unit alone, where its product is addressed to the partner."""
    all_units(request, partner)
    request.state.unit = seen(request, shells_of(request).shelf.unit(unit_id))


def shell_by_id(request: Request, aas_id: Encoded) -> None:
    """Let the request see the unit of a shell alone."""
    one, kind = unit_by_id(request, decoded(aas_id))
    if kind:
        raise CodedError(404, "NotFound", "this is the id of a submodel and of no shell")
    request.state.unit = one


def submodel_by_id(request: Request, submodel_id: Encoded) -> None:
    """Find the submodel that the request is about."""
    one, kind = unit_by_id(request, decoded(submodel_id))
    request.state.submodel = submodel_of(request, one, kind)


def submodel_by_kind(request: Request, kind: Annotated[str, Path(max_length=100)]) -> None:
    """Find the submodel of the unit by its idShort."""
    request.state.submodel = submodel_of(request, request.state.unit, kind)


def submodel_of(request: Request, one: Built, kind: str) -> Data:
    """Return a unit's submodel of a kind, or refuse."""
    for each in shells_of(request).submodels(one):
        if each["idShort"] == kind:
            return each
    raise CodedError(404, "NotFound", "this unit has no such submodel")


def seen(request: Request, one: Built | None) -> Built:
    """Return the unit where the request may see it, or refuse: it never learns of more."""
    own: Built | None = request.state.unit
    if one is None or one.product.id not in request.state.products or (own and own.unit_id != one.unit_id):
        raise CodedError(404, "NotFound", "there is no such unit that is addressed to you")
    return one


def unit_by_id(request: Request, thing_id: str) -> tuple[Built, str]:
    """Return the unit of a shell or submodel and the submodel's kind, or refuse."""
    serial, kind = aas_unit.unit_of(shells_of(request).identity, thing_id) or ("", "")
    return seen(request, shells_of(request).shelf.unit(serial) if serial else None), kind


def decoded(text: str) -> str:
    """Return the text in base64url; padding may be left out. Raises WireError for anything else."""
    bare = text.rstrip("=")
    try:
        return urlsafe_b64decode(bare + "=" * (-len(bare) % 4)).decode() if len(text) - len(bare) <= 2 else bad(text)
    except (binascii.Error, ValueError) as error:
        raise WireError(f"{text[:60]!r}: is no base64url; encode the id") from error


def bad(text: str) -> str:
    """Refuse a text that is no base64url."""
    raise WireError(f"{text[:60]!r}: is no base64url; encode the id")


def units(request: Request, after: str, limit: int) -> Sequence[Built]:
    """Return the next units that the request may see after a serial number."""
    own: Built | None = request.state.unit
    if own is not None:
        return [own] if own.unit_id > after else []
    return shells_of(request).shelf.page(request.state.products, after, limit)


def named(request: Request, wanted: Sequence[tuple[str, str]]) -> list[Built]:
    """Return the unit that has all the names asked for and that the request may see; none where there is none."""
    shells = shells_of(request)
    serials = {_serial(shells.identity, name, text) for name, text in wanted} - {""}
    if len(serials) != 1:
        return []
    try:
        one = seen(request, shells.shelf.unit(serials.pop()))
    except CodedError:
        return []
    known = {(each["name"], each["value"]) for each in shells.asset_ids(one)} | {("idShort", short(one.unit_id))}
    return [one] if set(wanted) <= known else []


def _serial(identity: Identity, name: str, text: str) -> str:
    """Return the serial number in one of a unit's names, in full or as linked; "" where it holds none."""
    if name == "serialNumber":
        return text
    if name == "idShort":
        return text.replace("_", "-")
    if name == "globalAssetId" and text.startswith(identity.product_urn):
        return text.rpartition(":")[2]
    try:
        return digital_link.unit_of(text).serial if name == "globalAssetId" else ""
    except WireError:
        return ""
