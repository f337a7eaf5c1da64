"""The digital product passport of a built unit as Catena-X writes it, edition 7.0.0.

What the ledger knows stands beside what the park declares; where the model requires what neither tells, the passport
is refused and the refusal names it. Nothing is filled in.

References: eclipse-tractusx/sldt-semantic-models, io.catenax.generic.digital_product_passport 7.0.0 (CC BY 4.0).
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, TypeVar

from parkwright.carbon.declaration import years_after
from parkwright.carbon.digital_passport import (
    Absent,
    Concern,
    DeclaredPassport,
    Document,
    Importer,
    Lifespan,
    Party,
    Responsibility,
    Reuse,
    SpareParts,
    Substance,
)
from parkwright.carbon.own import Identity
from parkwright.connect.catenax import ASSETS
from parkwright.connect.pact_wire import WireError, instant_text
from parkwright.run.built import Built

Message = dict[str, Any]
T = TypeVar("T")
BLOCK = "carbon/exchange.toml: [passport]"
SPEC = "urn:io.catenax.generic.digital_product_passport:7.0.0"
POSTCODE = re.compile(r"[a-z0-9][a-z0-9\- ]{0,10}")
"""What the model takes as a postal code: small letters, digits, hyphens and spaces, at most 11."""
MWH_PER_KWH = 1_000_000
SOURCES = {
    "conformity": "EU Declaration of Conformity",
    "dismantling": "Dismantling Information",
    "durability": "Repairability or Durability Documentation",
    "manual": "User Manuals and Guides",
    "other": "Other",
    "recycling": "Recycle Information",
    "repair": "Repair and Installation",
    "return": "Return and Disposal",
    "safety": "Safety Information",
    "service": "FAQs and Support",
    "technical": "Technical Documentation",
    "warranty": "Warranty Information",
}
"""Kind of a document -> category of the model."""
LIFE_UNITS = {
    "day": "unit:day",
    "month": "unit:month",
    "year": "unit:year",
    "cycle": "unit:cycle",
    "hour": "unit:runningOrOperatingHour",
}
LIVES = {
    "guaranteed": "guaranteed lifetime",
    "technical": "technical lifetime",
    "between failures": "mean time between failures",
}
STAGES = {
    "material": "raw material acquisition and pre-processing",
    "freight": "inbound transport",
    "energy": "main product production",
}
"""Kind of a footprint's part -> stage of the life cycle."""


def passport_id(park_id: str, serial: str) -> str:
    """Return the id of a unit's passport, a name-based UUID (RFC 9562, version 5): the same unit has the same."""
    return f"urn:uuid:{uuid.uuid5(ASSETS, f'{park_id}/{serial}/passport')}"


def passport(identity: Identity, park_id: str, one: Built) -> Message:
    """Return a finished unit as digital_product_passport 7.0.0.

    Raises WireError that names everything the model requires and neither the ledger knows nor the park declares;
    LedgerError where what is declared for its family of products does not hold.
    """
    declared = _declared(identity, one)
    return {
        "metadata": _metadata(identity, declared, park_id, one),
        "identification": _identification(identity, declared, one),
        "operation": _operation(identity, declared, one),
        "handling": _handling(declared, one),
        "characteristics": _characteristics(declared, one),
        "commercial": {"purpose": list(declared.purposes or ()), "recallInformation": _applicable(
            declared.recall, _documents)},
        "sustainability": _sustainability(identity, declared, one),
        "sources": [{**_document(each), "category": SOURCES[each.kind]} for each in declared.source or ()],
        "compliances": [
            {
                "requirementName": each.requirement,
                "complianceStatement": each.statement,
                "complianceCountries": list(each.countries),
                "complianceDocuments": _documents(each.document),
            }
            for each in declared.compliance or ()
        ],
        "composition": _composition(declared, one),
        "additionalData": _additional(declared, one),
    }  # fmt: skip


def _declared(identity: Identity, one: Built) -> DeclaredPassport:
    """Return what the park declares; raises WireError that names all that is missing, and where it belongs."""
    named = (("manufacturer_id", identity.manufacturer_id), ("street", identity.street), ("city", identity.city),
             ("postal_code", identity.postal_code), ("subdivision", identity.subdivision),
             ("classifications", identity.classifications))  # fmt: skip
    if empty := [name for name, text in named if not text]:
        raise WireError(f"carbon/exchange.toml: {', '.join(empty)}: not given; a product passport needs it, write it")
    if identity.passport is None:
        raise WireError(f"{BLOCK}: is missing; declare there what a product passport tells beside the ledger")
    if missing := identity.passport.missing():
        raise WireError(f'{BLOCK} does not declare {", ".join(missing)}; write it there, "none" where there is none')
    if one.packing_kg is None:
        raise WireError(
            f"product {one.product.id}: the mass of its packing is not known; give it a packing line in bills.csv and "
            "that material a row in carbon/sourcing.csv"
        )
    return identity.passport


def _metadata(identity: Identity, declared: DeclaredPassport, park_id: str, one: Built) -> Message:
    issued = one.final.astimezone(one.zone)
    found = {
        "specVersion": SPEC,
        "version": f"{declared.version}.{one.restated}",
        "passportIdentifier": passport_id(park_id, one.unit_id),
        "predecessor": {"applicable": False},
        "issueDate": issued.date().isoformat(),
        "expirationDate": years_after(issued, declared.available_years or 0).date().isoformat(),
        "language": declared.language,
        "backupReference": declared.backup,
        "economicOperator": _company(identity, declared, "economicOperator"),
    }
    told = {"passportStatus": declared.status, "registrationIdentifier": declared.registration}
    return found | {name: text for name, text in told.items() if text}


def _identification(identity: Identity, declared: DeclaredPassport, one: Built) -> Message:
    model = declared.model_of(one.product.family_id)
    gtin = identity.gtin_of(one.product.id)
    codes = ({"GTIN": gtin} if gtin else {}) | model.codes
    if not codes:
        raise WireError(
            f"product {one.product.id}: has no code; give it a [[gtin]] or its [[passport.model]] codes in "
            "carbon/exchange.toml"
        )
    maker = {"key": "manufacturerId", "value": identity.manufacturer_id}
    lot = {"batchInformation": [maker, {"key": "batchId", "value": one.lot_id}]} if one.lot_id else {}
    kinds = [text.rpartition(":") for text in identity.classifications]
    return {
        "serialInformation": [maker, {"key": "partInstanceId", "value": one.unit_id}],
        **lot,
        "partTypeInformation": {"manufacturerPartId": one.product.id, "nameAtManufacturer": one.product.name.en},
        "partClassification": [{"standard": standard, "id": code} for standard, _, code in kinds],
        "productImages": _documents(model.image),
        "codes": [{"key": key, "value": code} for key, code in codes.items()],
        "dataCarriers": [{"carrierType": "QR", "carrierPositions": list(declared.carrier_positions or ())}],
    }


def _operation(identity: Identity, declared: DeclaredPassport, one: Built) -> Message:
    return {
        "manufacturing": {
            "facilities": [_facility(identity, declared)],
            "manufacturer": _company(identity, declared, "manufacturer"),
            "manufacturingDate": one.packed.astimezone(one.zone).date().isoformat(),
        },
        "import": _applicable(declared.importer, _importer),
        "extendedProducerResponsibilityScheme": _applicable(declared.responsibility, _responsibility),
    }


def _importer(one: Importer) -> Message:
    return {
        "importerIdentification": one.id,
        "importerNames": [one.name],
        "importerAddress": _address_of(one),
        "importerContact": _contact(one),
        "eori": one.eori,
    }


def _responsibility(one: Responsibility) -> Message:
    return {
        "territoriesOfApplication": list(one.territories),
        "symbolsOfExtendedProducerResponsibilityScheme": _documents(one.symbol),
        "collectionPoints": _points(one.collection_point),
    }


def _handling(declared: DeclaredPassport, one: Built) -> Message:
    """Return the spare parts that are in the unit's own bill; none is applicable where none of them is."""
    had = declared.spare_parts
    if not isinstance(had, SpareParts):
        return {"applicable": False}
    provider = {
        "sparePartProviderIdentification": had.provider.id,
        "sparePartProviderAddress": _address_of(had.provider),
        "sparePartProviderContact": _contact(had.provider),
    }
    found = [
        {"manufacturerPartId": line.material_id, "nameAtManufacturer": line.name, "sparePartProvider": [provider]}
        for line in one.bought
        if line.material_id in had.material_ids
    ]
    return {"applicable": True, "content": found} if found else {"applicable": False}


def _characteristics(declared: DeclaredPassport, one: Built) -> Message:
    model = declared.model_of(one.product.family_id)
    gross_kg = Decimal(repr(one.product.mass_kg))
    net_kg = gross_kg - (one.packing_kg or 0)
    if net_kg <= 0:
        raise WireError(f"product {one.product.id}: its packing is as heavy as it is; correct carbon/sourcing.csv")
    return {
        "lifespan": [_life(each) for each in model.lifespan],
        "physicalDimension": {
            "weight": _quantity(net_kg, "kilogram"),
            "grossWeight": _quantity(gross_kg, "kilogram"),
            "volume": _quantity(model.volume_l, "litre"),
            "grossVolume": _quantity(model.gross_volume_l, "litre"),
        },
    }


def _life(one: Lifespan) -> Message:
    return {"lifeValue": float(one.value), "lifeUnit": LIFE_UNITS[one.unit], "lifeType": LIVES[one.kind]}


def _quantity(amount: Decimal, unit: str) -> Message:
    return {"value": float(amount), "unit": f"unit:{unit}"}


def _sustainability(identity: Identity, declared: DeclaredPassport, one: Built) -> Message:
    if one.footprint_kg < 0:
        raise WireError(f"unit {one.unit_id}: a negative footprint cannot be told; correct its materials")
    footprint = {
        "value": float(one.footprint_kg),
        "unit": "kg CO2e per piece",
        "lifecycle": "cradle to gate",
        "type": "Climate Change Total",
        "rulebook": _documents(declared.rulebook or ()),
        "declaration": [
            {
                "header": "Passport of the unit",
                "content": one.uri,
                "contentType": "URL" if one.uri.startswith("http") else "URN",
            }
        ],
        "manufacturingPlant": [_facility(identity, declared)],
    }
    recyclability: Message = {"applicable": False}
    if declared.recyclability != "none":
        recyclability = {"applicable": True, "content": declared.recyclability}
    scores = {"durabilityScore": declared.durability_score, "reparabilityScore": declared.reparability_score}
    return {
        "productStatus": "original",
        "productFootprint": {"carbon": [footprint]},
        "reusability": _applicable(declared.reuse, _reuse),
        "recycleabilityPerformance": recyclability,
        **{name: text for name, text in scores.items() if text},
    }


def _reuse(one: Reuse) -> Message:
    return {
        "reuseInfo": one.text,
        "reuseSystem": _applicable(one.collection_point, lambda found: {"collectionPoints": _points(found)}),
    }


def _composition(declared: DeclaredPassport, one: Built) -> Message:
    """Return the unit's serial-numbered parts and the lines of its bill, and the materials of its family."""
    sorting = declared.sorting or {}
    parts = [(piece.asset, piece.position, piece.position, f"1 {piece.unit}") for piece in one.pieces]
    parts += [
        (each.material_id, each.position, each.name, f"{each.quantity.normalize():f} {each.unit}")
        for each in one.bought
    ]
    if unsorted := sorted({position for _, position, _, _ in parts if position not in sorting}):
        raise WireError(
            f"{BLOCK} sorting: does not say how to sort {', '.join(unsorted)}; write it for each place in the bill"
        )
    found = [
        {
            "componentCode": code,
            "componentName": name,
            "componentDescription": amount,
            "componentLocations": [position],
            "componentSortingInformation": sorting[position],
        }
        for code, position, name, amount in parts
    ]
    materials = [_material(each) for each in declared.substances_of(one.product.family_id)]
    return {
        "componentInformation": {"applicable": True, "content": found} if found else {"applicable": False},
        "materialInformation": {"materials": materials},
    }


def _material(one: Substance) -> Message:
    return {
        "materialIdentifications": [
            {"materialName": one.name, "materialId": one.number, "materialListTypeId": one.list}
        ],
        "concentrationInformation": {"concentration": _percent(one.percent)},
        "recycled": float(one.recycled_percent),
        "materialDocuments": _documents(one.document),
        "substancesOfConcernInformation": _applicable(one.concern, _concern),
        "declarableIngredient": _applicable(one.declarable, lambda found: [_listed(each) for each in found]),
    }


def _listed(one: Document) -> Message:
    return {"declarableIngredientListName": one.title, "declarableIngredientDocuments": [_document(one)]}


def _concern(one: Concern) -> Message:
    hazard = {
        "hazardClass": one.hazard_class,
        "hazardCategory": one.hazard_category,
        "hazardStatement": one.hazard_statement,
    }
    return {
        "exemption": one.exemption,
        "hazardClassifications": [hazard],
        "substanceOfConcernDocuments": _documents(one.document),
        "substanceOfConcernLocations": list(one.locations),
        "substanceOfConcernConcentrationRange": {"maxConcentration": _percent(one.max_percent)},
    }


def _percent(amount: Decimal) -> Message:
    return {"concentrationValue": float(amount), "concentrationUnit": "unit:percent"}


def _additional(declared: DeclaredPassport, one: Built) -> list[Message]:
    """Return what the ledger knows and the model has no field for: stages of the footprint, energy, way and quality."""
    stages = [
        _datum(STAGES[kind], "kg CO2e per piece, part of the carbon footprint", "xsd:double", str(kg), "unit:kilogram")
        for kind, kg in one.kinds_kg.items()
    ]
    steps = [
        _datum(step.work_unit_id, f"result there, left at {instant_text(step.end)}", "xsd:string", step.result)
        for step in one.steps
    ]
    energy = str(Decimal(one.energy_mwh_int) / MWH_PER_KWH)
    first = "true" if all(step.result == "ok" for step in one.steps) else "false"
    found = [
        _list("Carbon footprint by stage", "they add up to the carbon footprint", stages),
        _datum("Energy of making", "apportioned from the meters", "xsd:double", energy, "unit:kilowattHour"),
        _list("Way through the plant", "work units in order of time, with what came of the unit there", steps),
        _datum("First pass", "whether every step was passed at first", "xsd:boolean", first),
    ]
    if declared.access:
        found.append(_datum("Access", "who may see what of this passport", "xsd:string", declared.access))
    return found


def _datum(label: str, text: str, kind: str, data: str, unit: str = "") -> Message:
    typed = {"dataType": kind} | ({"typeUnit": unit} if unit else {})
    return {"label": label, "description": text, "type": typed, "data": data}


def _list(label: str, text: str, children: list[Message]) -> Message:
    return {"label": label, "description": text, "type": {"dataType": "array"}, "children": children}


def _applicable(said: T | Absent | None, tell: Callable[[T], object]) -> Message:
    """Return what is declared as the model wraps it; "none" is not applicable."""
    if said is None or isinstance(said, str):
        return {"applicable": False}
    return {"applicable": True, "content": tell(said)}


def _document(one: Document) -> Message:
    return {"header": one.title, "content": one.link, "contentType": "URL"}


def _documents(found: Sequence[Document]) -> list[Message]:
    return [_document(one) for one in found]


# Who and where


def _company(identity: Identity, declared: DeclaredPassport, role: str) -> Message:
    return {
        f"{role}Identification": identity.manufacturer_id,
        f"{role}Names": [identity.company_name],
        f"{role}Address": _home(identity),
        f"{role}Contact": {"email": declared.contact},
    }


def _facility(identity: Identity, declared: DeclaredPassport) -> Message:
    return {"facilityIdentification": declared.facility_id, "facilityAddress": _home(identity)}


def _home(identity: Identity) -> Message:
    return _address(identity.street, identity.postal_code, identity.city, identity.subdivision or "")


def _points(found: Sequence[Party]) -> list[Message]:
    return [{"collectionPointIdentification": one.id, "collectionPointAddress": _address_of(one)} for one in found]


def _address_of(one: Party) -> Message:
    return _address(one.street, one.postal_code, one.city, one.subdivision)


def _address(street: str, postal_code: str, city: str, subdivision: str) -> Message:
    """Return a postal address; raises WireError where the street has no number or the model takes no such code."""
    code = postal_code.lower()
    if not POSTCODE.fullmatch(code):
        raise WireError(f"postal code {postal_code!r}: is not of letters, digits, - and spaces, at most 11; correct it")
    return {
        "thoroughfare": {"technicalKey": "STREET", **_street(street)},
        "postCode": {"technicalKey": "REGULAR", "value": code},
        "locality": {"technicalKey": "CITY", "value": city},
        "country": {"shortName": subdivision},
    }


def _street(street: str) -> Message:
    """Return a street with its number apart: the last word that begins with a digit, or the first one."""
    words = street.split()
    for place in (-1, 0):
        rest = words[:-1] if place else words[1:]
        if rest and words[place][0].isdigit():
            return {"value": " ".join(rest), "number": words[place]}
    raise WireError(f"street {street!r}: has no number at its end; write it in carbon/exchange.toml as 'Road 1'")


def _contact(one: Party) -> Message:
    told = {"website": one.website, "phoneNumber": one.phone, "email": one.email}
    found = {name: text for name, text in told.items() if text}
    if not found:
        raise WireError(f"{BLOCK} {one.name}: has no website, phone or email; a product passport needs one, write it")
    return found
