"""The shell of a finished unit and its submodels: footprint, nameplate in two editions, what is in it, its energy.

References: IDTA 02023-1-0-1, 02006-2-0, 02006-3-0-1, 02011-1-1-1, 02008-1-1-1; ECLASS and IEC CDD ids as there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from parkwright.carbon.own import Identity
from parkwright.connect.aas import Data, collection, element, external, listing, model, short, told, value
from parkwright.connect.catenax import asset_id
from parkwright.connect.pact_wire import WireError, decimal_text, instant_text
from parkwright.run.built import Built, Used

IDTA = "https://admin-shell.io/idta"
CONTACT = "https://admin-shell.io/zvei/nameplate/1/0/ContactInformations"
OWN = "https://parkwright.example/aas"
"""Where our own two quantities of a record are defined; the definitions go with every environment."""
KINDS = ("CarbonFootprint", "DigitalNameplate", "Nameplate", "HierarchicalStructures", "TimeSeries")
"""Submodels of a unit, by idShort; the nameplate stands in its editions 2.0 and 3.0.1."""
PHASES = {
    "material": ("A1 - raw material supply (and upstream production)", "0173-1#07-ABU208#003"),
    "freight": ("A2 - cradle-to-gate transport to factory", "0173-1#07-ABU209#003"),
    "energy": ("A3 - production", "0173-1#07-ABU210#003"),
}
"""Kind of a footprint's part -> phase of the life cycle."""
METHODS = (("GHG Protocol", "0173-1#07-ABU221#003"), ("ISO 14067", "0173-1#07-ABU218#003"))


def shell_id(identity: Identity, product_id: str, unit_id: str) -> str:
    """Return the id of a unit's shell; `unit_of` reads it back."""
    return f"{identity.product_urn}{product_id}:{unit_id}:aas"


def unit_of(identity: Identity, thing_id: str) -> tuple[str, str] | None:
    """Return the serial number in the id of a shell or a submodel, and the submodel's kind; None for any other id."""
    if not thing_id.startswith(identity.product_urn):
        return None
    steps = thing_id.removeprefix(identity.product_urn).split(":")
    if len(steps) not in (3, 4) or steps[2] != "aas" or (len(steps) == 4 and steps[3] not in KINDS):
        return None
    return steps[1], steps[3] if len(steps) == 4 else ""


def asset_information(identity: Identity, park_id: str, one: Built) -> Data:
    """Return what the shell stands for: this very unit, by its address, serial number and asset id in data spaces."""
    names = {"serialNumber": one.unit_id, "manufacturerPartId": one.product.id}
    names["dataSpaceAssetId"] = asset_id(park_id, one.unit_id)
    return {
        "assetKind": "Instance",
        "globalAssetId": one.uri,
        "specificAssetIds": [{"name": name, "value": text} for name, text in names.items()],
        "assetType": f"{identity.product_urn}{one.product.id}",
    }


def shell(identity: Identity, park_id: str, one: Built) -> Data:
    """Return the shell of a unit, which refers to its submodels."""
    return {
        "modelType": "AssetAdministrationShell",
        "id": shell_id(identity, one.product.id, one.unit_id),
        "idShort": short(one.unit_id),
        "displayName": [
            {"language": "en", "text": one.product.name.en},
            {"language": "zh", "text": one.product.name.zh},
        ],
        "assetInformation": asset_information(identity, park_id, one),
        "submodels": [
            model(("Submodel", f"{shell_id(identity, one.product.id, one.unit_id)}:{kind}")) for kind in kinds_of(one)
        ],
    }


def kinds_of(one: Built) -> list[str]:
    """Return the submodels of a unit by idShort; the bill is left out where nothing is known to be in it."""
    return [kind for kind in KINDS if kind != "HierarchicalStructures" or one.pieces or one.bought]


def submodels(identity: Identity, park_id: str, one: Built) -> list[Data]:
    """Return the submodels of a unit, as `kinds_of` names them.

    Raises WireError where the park's identity lacks what a nameplate requires.
    """
    bill = [structure(identity, park_id, one)] if "HierarchicalStructures" in kinds_of(one) else []
    plates = [nameplate_2(identity, one), nameplate_3(identity, one)]
    return [footprint(identity, one), *plates, *bill, series(identity, one)]


def environment(identity: Identity, park_id: str, units: Sequence[Built]) -> Data:
    """Return units with their submodels and the definitions of our own quantities, as one environment.

    Raises WireError where nothing is named, or the park's identity lacks what a nameplate requires.
    """
    if not units:
        raise WireError("environment: holds no unit; name one")
    return {
        "assetAdministrationShells": [shell(identity, park_id, one) for one in units],
        "submodels": [each for one in units for each in submodels(identity, park_id, one)],
        "conceptDescriptions": concepts(),
    }


def concepts() -> list[Data]:
    """Return the definitions of our own quantities."""
    return [
        {
            "modelType": "ConceptDescription",
            "id": meaning,
            "idShort": meaning.split("/")[-3],
            "description": [{"language": "en", "text": text}],
        }
        for meaning, text in ENERGY_TERMS.items()
    ]


def _submodel(identity: Identity, one: Built, kind: str, meaning: Data, version: str, children: Sequence[Data]) -> Data:
    major, minor = version.split(".")
    return {
        "modelType": "Submodel",
        "id": f"{shell_id(identity, one.product.id, one.unit_id)}:{kind}",
        "idShort": kind,
        "kind": "Instance",
        "administration": {"version": major, "revision": minor},
        "semanticId": meaning,
        "submodelElements": list(children),
    }


# Carbon Footprint 1.0.1


def footprint(identity: Identity, one: Built) -> Data:
    """Return the Carbon Footprint of the unit: cradle to gate, per piece, as of the close of its day."""
    place = f"{IDTA}/CarbonFootprint"
    method, phase = "0173-1#02-ABG854#003", "0173-1#02-ABG858#003"
    phases = [PHASES[kind] for kind in PHASES if one.kinds_kg.get(kind)]
    if not phases:
        raise WireError(f"unit {one.unit_id}: its footprint has no part; give its materials a footprint")
    carbon = [
        listing("PcfCalculationMethods", f"{place}/PcfCalculationMethods/1/0",
                [value("", method, text, meant=known) for text, known in METHODS]),
        value("PcfCO2eq", "0173-1#02-ABG855#003", decimal_text(one.footprint_kg), "xs:decimal"),
        value("ReferenceImpactUnitForCalculation", "0173-1#02-ABG856#003", "piece", meant="0173-1#07-ABZ603#003"),
        value("QuantityOfMeasureForCalculation", "0173-1#02-ABG857#003", "1", "xs:double"),
        listing("LifeCyclePhases", f"{place}/LifeCyclePhases/1/0",
                [value("", phase, text, meant=known) for text, known in phases]),
        value("PublicationDate", f"{place}/PublicationDate/1/0", instant_text(one.final), "xs:dateTime"),
    ]  # fmt: skip
    footprints = listing(
        "ProductCarbonFootprints",
        f"{place}/ProductCarbonFootprints/1/0",
        [collection("", f"{place}/ProductCarbonFootprint/1/0", carbon)],
    )
    return _submodel(identity, one, "CarbonFootprint", external(f"{place}/CarbonFootprint/1/0"), "1.0", [footprints])


# Digital Nameplate 2.0 and 3.0.1


def _address(identity: Identity) -> list[Data]:
    """Return the address of the maker; raises WireError that names what is not given."""
    given = {
        "street": (identity.street, "Street", "0173-1#02-AAO128#002"),
        "postal_code": (identity.postal_code, "Zipcode", "0173-1#02-AAO129#002"),
        "city": (identity.city, "CityTown", "0173-1#02-AAO132#002"),
    }
    for name, (text, _, _) in given.items():
        if not text:
            raise WireError(f"carbon/exchange.toml: {name} is empty; a nameplate needs the maker's address")
    lines = [told(word, meaning, text) for text, word, meaning in given.values()]
    return [*lines, told("NationalCode", "0173-1#02-AAO134#002", identity.country)]


def nameplate_2(identity: Identity, one: Built) -> Data:
    """Return the Digital Nameplate in edition 2.0."""
    local = one.packed.astimezone(one.zone).date()
    children = [
        value("URIOfTheProduct", "0173-1#02-AAY811#001", one.uri),
        told("ManufacturerName", "0173-1#02-AAO677#002", identity.company_name),
        told("ManufacturerProductDesignation", "0173-1#02-AAW338#001", one.product.name.en, one.product.name.zh),
        collection("ContactInformation", f"{CONTACT}/ContactInformation", _address(identity)),
        told("ManufacturerProductType", "0173-1#02-AAO057#002", one.product.id),
        told("OrderCodeOfManufacturer", "0173-1#02-AAO227#002", one.product.id),
        value("SerialNumber", "0173-1#02-AAM556#002", one.unit_id),
        value("YearOfConstruction", "0173-1#02-AAP906#001", str(local.year)),
        value("DateOfManufacture", "0173-1#02-AAR972#002", local.isoformat(), "xs:date"),
        value("CountryOfOrigin", "0173-1#02-AAO259#004", identity.country),
    ]
    meaning = model(("Submodel", "https://admin-shell.io/zvei/nameplate/2/0/Nameplate"))
    return _submodel(identity, one, "DigitalNameplate", meaning, "2.0", children)


def nameplate_3(identity: Identity, one: Built) -> Data:
    """Return the Digital Nameplate in edition 3.0.1."""
    local = one.packed.astimezone(one.zone).date()
    children = [
        value("URIOfTheProduct", "0112/2///61987#ABN590#002", one.uri, "xs:anyURI"),
        told("ManufacturerName", "0112/2///61987#ABA565#009", identity.company_name),
        told("ManufacturerProductDesignation", "0112/2///61987#ABA567#009", one.product.name.en, one.product.name.zh),
        collection("AddressInformation", f"{CONTACT}/AddressInformation", _address(identity)),
        value("ManufacturerProductType", "0112/2///61987#ABA300#008", one.product.id),
        value("OrderCodeOfManufacturer", "0112/2///61987#ABA950#008", one.product.id),
        value("SerialNumber", "0112/2///61987#ABA951#009", one.unit_id),
        value("YearOfConstruction", "0112/2///61987#ABP000#002", str(local.year)),
        value("DateOfManufacture", "0112/2///61987#ABB757#007", local.isoformat(), "xs:date"),
        value("CountryOfOrigin", "0112/2///61987#ABP462#001", identity.country),
    ]
    return _submodel(identity, one, "Nameplate", external(f"{IDTA}/nameplate/3/0/Nameplate"), "3.0", children)


# Hierarchical Structures 1.1.1


def structure(identity: Identity, park_id: str, one: Built) -> Data:
    """Return what the unit is made of, one level down.

    A part with a serial number is an asset of its own; a purchased material is not, and says how many where it is
    counted in pieces.
    """
    place = f"{IDTA}/HierarchicalStructures"
    sub = f"{shell_id(identity, one.product.id, one.unit_id)}:HierarchicalStructures"
    nodes = [
        _part(number, piece.asset, asset=asset_id(park_id, piece.asset)) for number, piece in enumerate(one.pieces)
    ]
    for number, line in enumerate(one.bought, len(nodes)):
        whole = line.unit == "piece" and line.quantity == line.quantity.to_integral_value()
        count = value("BulkCount", f"{place}/BulkCount/1/0", str(int(line.quantity)), "xs:unsignedLong")
        nodes.append(_part(number, f"{line.name} ({line.material_id})", [count] if whole else []))
    entry = ("Entity", "EntryNode")
    top = model(("Submodel", sub), entry)
    ties = [
        element("RelationshipElement", f"HasPart_{number:03d}", f"{place}/HasPart/1/0", first=top,
                second=model(("Submodel", sub), entry, ("Entity", node["idShort"])))
        for number, node in enumerate(nodes)
    ]  # fmt: skip
    whole_unit = element(
        "Entity", "EntryNode", f"{place}/EntryNode/1/0", entityType="SelfManagedEntity", globalAssetId=one.uri,
        statements=[*nodes, *ties],
    )  # fmt: skip
    children = [whole_unit, value("ArcheType", f"{place}/ArcheType/1/0", "OneDown")]
    meaning = model(("Submodel", f"{place}/1/1/Submodel"))
    return _submodel(identity, one, "HierarchicalStructures", meaning, "1.1", children)


def _part(number: int, shown: str, statements: Sequence[Data] = (), asset: str = "") -> Data:
    kind = {"entityType": "SelfManagedEntity", "globalAssetId": asset} if asset else {"entityType": "CoManagedEntity"}
    more = {"statements": list(statements)} if statements else {}
    text = [{"language": "en", "text": shown}]
    meaning = f"{IDTA}/HierarchicalStructures/Node/1/0"
    return element("Entity", f"Node_{number:03d}", meaning, displayName=text, **kind, **more)


# Time Series 1.1.1

TIME, UNTIL, ENERGY = f"{IDTA}/TimeSeries/UtcTime/1/1", f"{OWN}/IntervalEnd/1/0", f"{OWN}/EnergyOfUnit/1/0"
ENERGY_TERMS: Mapping[str, str] = {
    UNTIL: "end of the interval, UTC, not in it",
    ENERGY: "electric energy that the unit took in the interval, mWh, apportioned from the meters exactly",
}


def series(identity: Identity, one: Built) -> Data:
    """Return the energy of the unit over time: intervals of its meters, and its share of whole days."""
    place = f"{IDTA}/TimeSeries"
    shape = collection("Record", f"{place}/Record/1/1", _record_fields(None))
    children = [
        collection(
            "Metadata",
            f"{place}/Metadata/1/1",
            [told("Name", f"{place}/Metadata/Name/1/1", f"Energy of {one.unit_id}"),
             told("Description", f"{place}/Metadata/Description/1/1", "what it took, interval by interval; all records "
                  "together are the energy of its passport"), shape],
        ),
        collection("Segments", f"{place}/Segments/1/1", [_segment(one)]),
    ]  # fmt: skip
    return _submodel(identity, one, "TimeSeries", model(("Submodel", f"{place}/1/1")), "1.1", children)


def _segment(one: Built) -> Data:
    place = f"{IDTA}/TimeSeries"
    if not one.used:
        raise WireError(f"unit {one.unit_id}: no energy is posted on it; close its day")
    records = [
        collection(f"Record_{number:04d}", f"{place}/Record/1/1", _record_fields(each))
        for number, each in enumerate(one.used)
    ]
    start, end = min(each.start for each in one.used), max(each.end for each in one.used)
    fields = [
        told("Name", f"{place}/Segment/Name/1/1", "Energy"),
        value("RecordCount", f"{place}/Segment/RecordCount/1/1", str(len(records)), "xs:long"),
        value("StartTime", f"{place}/Segment/StartTime/1/1", instant_text(start)),
        value("EndTime", f"{place}/Segment/EndTime/1/1", instant_text(end)),
        value("State", f"{place}/Segment/State/1/1", "completed"),
        value("LastUpdate", f"{place}/Segment/LastUpdate/1/1", instant_text(one.final)),
        collection("Records", f"{place}/Records/1/1", records),
    ]
    return collection("InternalSegment", f"{place}/Segments/InternalSegment/1/1", fields)


def _record_fields(used: Used | None) -> list[Data]:
    """Return the fields of a record; without values where it stands for all of them."""
    named = (("Time", TIME, "xs:dateTime"), ("IntervalEnd", UNTIL, "xs:dateTime"), ("Energy", ENERGY, "xs:long"))
    if used is None:
        return [element("Property", name, meaning, valueType=kind) for name, meaning, kind in named]
    texts = (instant_text(used.start), instant_text(used.end), str(used.energy_mwh_int))
    return [value(name, meaning, text, kind) for (name, meaning, kind), text in zip(named, texts, strict=True)]
