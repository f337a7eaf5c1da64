"""What a park declares for product passports, complete, as the file holds it and as tests start from it."""

from __future__ import annotations

import tomllib
from decimal import Decimal

from built_unit import IDENTITY, built_unit, product

from parkwright.carbon.digital_passport import DeclaredPassport
from parkwright.carbon.own import Identity
from parkwright.run.built import Bought, Built, Piece

TEXT = """
[passport]
version = "1.2"
language = "en-GB"
backup = "https://backup.example/1"
available_years = 12
contact = "passport@park.example"
facility_id = "BPNA000000000001"
carrier_positions = ["underside"]
purposes = ["electronics"]
importer = "none"
responsibility = "none"
spare_parts = "none"
recall = "none"
reuse = "none"
recyclability = "none"
rulebook = [{ title = "Rules", link = "https://rules.example/1" }]
source = [
  { kind = "durability", title = "Life", link = "https://doc.example/life" },
  { kind = "repair", title = "Repair", link = "https://doc.example/repair" },
  { kind = "dismantling", title = "Apart", link = "https://doc.example/apart" },
  { kind = "safety", title = "Safety", link = "https://doc.example/safety" },
  { kind = "service", title = "Service", link = "https://doc.example/service" },
]
compliance = [{ requirement = "A rule", statement = "It is kept", countries = ["EU"] }]
sorting = { board = "apart", case = "metal", packing = "paper", memory = "apart", solder = "with its board" }
basis = "assumed: a test"

[[passport.substance]]
name = "Aluminium"
number = "7429-90-5"
list = "CAS"
percent = "60"
recycled_percent = "30"
document = [{ title = "Materials", link = "https://doc.example/materials" }]
concern = "none"
declarable = "none"

[[passport.model]]
families = ["a", "b", "f"]
image = [{ title = "Picture", link = "https://doc.example/picture" }]
volume_l = "2"
gross_volume_l = "5.5"
lifespan = [{ value = "5", unit = "year", kind = "technical" }]
codes = { HS = "8471.30" }
"""
PARTY = {
    "id": "BPNL00000000XX00", "name": "Another", "street": "12 High Street", "postal_code": "AB1 2CD",
    "city": "Elsewhere", "subdivision": "GB-LND", "phone": "+44 20 1234",
}  # fmt: skip
DOCUMENT = {"title": "A document", "link": "https://doc.example/more"}
FULL = {
    "status": "approved", "registration": "REG-1", "durability_score": "A", "reparability_score": "B",
    "access": "all", "recyclability": "all of it", "recall": (DOCUMENT,),
    "importer": {**PARTY, "eori": "GB123"},
    "responsibility": {"territories": ["DE"], "symbol": [DOCUMENT], "collection_point": [PARTY]},
    "spare_parts": {"material_ids": ["MEM-8", "ELSE"], "provider": PARTY},
    "reuse": {"text": "again", "collection_point": [PARTY]},
}  # fmt: skip
"""Changes that make everything applicable that was not."""
CONCERN = {
    "hazard_class": "Reproductive toxicity", "hazard_category": "1A", "hazard_statement": "H360FD",
    "exemption": "7(c)-I", "locations": ["boards"], "max_percent": "0.1", "document": [DOCUMENT],
}  # fmt: skip


def declared_passport(**changes: object) -> DeclaredPassport:
    """The declared passport of TEXT with changes."""
    return DeclaredPassport.model_validate({**tomllib.loads(TEXT)["passport"], **changes})


def named(**changes: object) -> Identity:
    """The identity of a park that declares it, with changes to what is declared."""
    return IDENTITY.model_copy(update={"subdivision": "CN-TJ", "passport": declared_passport(**changes)})


def packed_unit(**changes: object) -> Built:
    """A finished unit of which all is known that a product passport wants."""
    given = {
        "product": product().model_copy(update={"family_id": "f", "mass_kg": 1.9}),
        "pieces": (Piece("TJ-stock-BRD-1", Decimal(1), "piece", built_unit().packed, "board"),),
        "bought": (
            Bought("MEM-8", "Memory", Decimal("2.0"), "piece", "memory"),
            Bought("PASTE", "Paste", Decimal("0.002"), "kg", "solder"),
        ),
        "lot_id": "LOT-7",
        "packing_kg": Decimal("0.4"),
    }
    return built_unit(**{**given, **changes})
