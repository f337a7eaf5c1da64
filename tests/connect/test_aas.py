"""The shell of a unit: what the ledger says stands in it, every view of it agrees, and what is missing is named."""

from __future__ import annotations

import io
import json
import zipfile
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from xml.etree import ElementTree as ET

import pytest
from built_unit import IDENTITY, built_unit
from hypothesis import given
from hypothesis import strategies as st

from parkwright.connect import aas, aas_unit, aasx
from parkwright.connect.pact_wire import WireError

ONE = built_unit()
MADE = {each["idShort"]: each for each in aas_unit.submodels(IDENTITY, "TJ", ONE)}
ids = st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9_.-]{0,47}\Z")


def element(kind: str, path: str):
    found = aas.found(MADE[kind], path)
    assert found is not None, path
    return found[0]


def test_the_footprint_is_the_units_with_method_phase_and_time():
    carbon = aas.content(MADE["CarbonFootprint"])["ProductCarbonFootprints"]
    assert carbon == [
        {
            "PcfCalculationMethods": ["GHG Protocol", "ISO 14067"],
            "PcfCO2eq": 209.695203206,
            "ReferenceImpactUnitForCalculation": "piece",
            "QuantityOfMeasureForCalculation": 1,
            "LifeCyclePhases": [text for text, _ in aas_unit.PHASES.values()],
            "PublicationDate": "2026-07-15T16:15:00Z",
        }
    ]
    assert element("CarbonFootprint", "ProductCarbonFootprints[0].PcfCO2eq")["value"] == "209.695203206"


def test_a_phase_without_emissions_is_not_claimed():
    bare = replace(ONE, kinds_kg={"material": Decimal(5), "freight": Decimal(0), "energy": Decimal(0)})
    told = aas.content(aas_unit.footprint(IDENTITY, bare))["ProductCarbonFootprints"][0]["LifeCyclePhases"]
    assert told == ["A1 - raw material supply (and upstream production)"]
    with pytest.raises(WireError, match="has no part"):
        aas_unit.footprint(IDENTITY, replace(ONE, kinds_kg={"energy": Decimal(0)}))


def test_both_nameplates_tell_the_same_unit():
    two, three = (aas.content(MADE[kind]) for kind in ("DigitalNameplate", "Nameplate"))
    for name in ("URIOfTheProduct", "ManufacturerName", "SerialNumber", "YearOfConstruction", "CountryOfOrigin"):
        assert two[name] == three[name], name
    assert (three["SerialNumber"], three["DateOfManufacture"]) == (ONE.unit_id, "2026-07-15")
    assert three["ManufacturerProductDesignation"] == [{"en": "Notebook"}, {"zh": "笔记本"}]
    assert two["ContactInformation"] == three["AddressInformation"]
    assert three["AddressInformation"]["CityTown"] == [{"en": "Tianjin"}]


@pytest.mark.parametrize("name", ["street", "postal_code", "city"])
def test_a_nameplate_without_the_makers_address_is_refused_by_name(name):
    with pytest.raises(WireError, match=f"exchange.toml: {name} is empty"):
        aas_unit.submodels(IDENTITY.model_copy(update={name: ""}), "TJ", ONE)


def test_the_structure_names_parts_with_a_serial_number_and_counts_the_others():
    entry = aas.content(MADE["HierarchicalStructures"])["EntryNode"]
    assert entry["globalAssetId"] == ONE.uri
    nodes = aas.children_of(element("HierarchicalStructures", "EntryNode"))
    kinds = Counter(each["modelType"] for each in nodes)
    assert kinds == {"Entity": 3, "RelationshipElement": 3}
    board, memory, paste = nodes[:3]
    assert board["entityType"] == "SelfManagedEntity"
    assert board["globalAssetId"].startswith("urn:uuid:")
    assert aas.content(memory) == {"entityType": "CoManagedEntity", "statements": {"BulkCount": 2}}
    assert "statements" not in paste
    assert [tie["second"]["keys"][-1]["value"] for tie in nodes[3:]] == [each["idShort"] for each in nodes[:3]]
    bare = aas_unit.submodels(IDENTITY, "TJ", replace(ONE, pieces=(), bought=()))
    assert "HierarchicalStructures" not in {each["idShort"] for each in bare}


def test_the_records_add_up_to_the_energy_of_the_passport():
    segment = aas.content(MADE["TimeSeries"])["Segments"]["InternalSegment"]
    records = segment["Records"].values()
    assert sum(record["Energy"] for record in records) == ONE.energy_mwh_int
    assert segment["RecordCount"] == len(records) == 3
    assert segment["StartTime"] == min(record["Time"] for record in records)
    assert segment["EndTime"] == max(record["IntervalEnd"] for record in records)
    with pytest.raises(WireError, match="no energy is posted"):
        aas_unit.series(IDENTITY, replace(ONE, used=()))


@given(ids, ids, st.sampled_from(("", *aas_unit.KINDS)))
def test_an_id_leads_back_to_its_unit(product_id, unit_id, kind):
    name = aas_unit.shell_id(IDENTITY, product_id, unit_id) + (f":{kind}" if kind else "")
    assert aas_unit.unit_of(IDENTITY, name) == (unit_id, kind)


@pytest.mark.parametrize(
    "name", ["", "urn:x:product:", "urn:x:product:NB:U", "urn:x:product:NB:U:aas:Other", "urn:y:product:NB:U:aas",
             "urn:x:product:NB:U:aas:TimeSeries:more", "urn:x:product:NB:U:shell"],
)  # fmt: skip
def test_an_id_of_something_else_leads_nowhere(name):
    assert aas_unit.unit_of(IDENTITY, name) is None


@pytest.mark.parametrize("kind", MADE)
def test_every_path_leads_to_an_element_and_its_reference_names_it(kind):
    listed = aas.paths(MADE[kind])
    assert len(listed) == len(set(listed)) > 5
    for path in listed:
        one, way = aas.found(MADE[kind], path)
        keys = aas.element_reference(MADE[kind], way)["keys"]
        assert keys[0] == {"type": "Submodel", "value": MADE[kind]["id"]}
        assert keys[-1]["type"] == one["modelType"]
        assert len(keys) == 1 + path.count(".") + path.count("[") + 1
    assert set(aas.paths(MADE[kind], deep=False)) == {path for path in listed if "." not in path and "[" not in path}


@pytest.mark.parametrize("path", ["", ".", "a..b", "a[", "a[x]", "[0]", "ä", "a b", "a[0]b"])
def test_what_is_no_path_is_refused(path):
    with pytest.raises(WireError, match="write idShorts"):
        aas.found(MADE["CarbonFootprint"], path)


@pytest.mark.parametrize(
    "path",
    ["Other", "ProductCarbonFootprints[9]", "ProductCarbonFootprints[0].No", "ProductCarbonFootprints[0][0]",
     "ProductCarbonFootprints[0].PcfCO2eq.More"],
)  # fmt: skip
def test_a_path_to_nothing_finds_nothing(path):
    assert aas.found(MADE["CarbonFootprint"], path) is None


@pytest.mark.parametrize("kind", MADE)
def test_metadata_and_core_hold_less_and_never_other(kind):
    bare, core = aas.metadata(MADE[kind]), aas.core(MADE[kind])
    assert "submodelElements" not in bare
    assert bare.items() <= MADE[kind].items()
    assert [each["idShort"] for each in aas.children_of(core)] == [
        each["idShort"] for each in aas.children_of(MADE[kind])
    ]
    assert all(not aas.children_of(each) for each in aas.children_of(core))
    for path in aas.paths(MADE[kind]):
        one = aas.found(MADE[kind], path)[0]
        assert "value" not in aas.metadata(one)


def test_no_two_things_beside_each_other_have_one_name_and_all_ids_differ():
    made = aas_unit.environment(IDENTITY, "TJ", [ONE, replace(ONE, unit_id="TJ-260715-L-NB-000002")])
    every = [each["id"] for kind in ("assetAdministrationShells", "submodels") for each in made[kind]]
    assert len(every) == len(set(every)) == 12
    for submodel in made["submodels"]:
        for path in ["", *aas.paths(submodel)]:
            thing = aas.found(submodel, path)[0] if path else submodel
            names = [each["idShort"] for each in aas.children_of(thing) if "idShort" in each]
            assert len(names) == len(set(names))
    used = {each["id"] for each in made["conceptDescriptions"]}
    assert used == set(aas_unit.ENERGY_TERMS)
    with pytest.raises(WireError, match="no unit"):
        aas_unit.environment(IDENTITY, "TJ", [])


@given(st.text(max_size=30))
def test_an_id_short_keeps_the_rule(text):
    assert aas.PLACE.fullmatch(aas.short(text))


def test_a_package_holds_the_environment_behind_two_relationships_and_is_the_same_again():
    made = aas_unit.environment(IDENTITY, "TJ", [ONE])
    packed = aasx.package(made)
    assert packed == aasx.package(made)
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert json.loads(archive.read("aasx/aas.json")) == made
        root = ET.fromstring(archive.read("_rels/.rels"))[0].attrib
        origin = ET.fromstring(archive.read("aasx/_rels/aasx-origin.rels"))[0].attrib
        assert (root["Target"], origin["Target"]) == ("/aasx/aasx-origin", "/aasx/aas.json")
        assert {root["Target"][1:], origin["Target"][1:]} <= set(archive.namelist())
        kinds = ET.fromstring(archive.read("[Content_Types].xml"))
    assert {each.attrib.get("Extension") for each in kinds} >= {"rels", "json"}
