"""A finished unit that several tests start from, and a shelf that holds some in memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from parkwright.carbon.own import Gtin, Identity
from parkwright.model.noun import Text
from parkwright.model.product import Product
from parkwright.run.built import Bought, Built, Piece, Step, Used

START = datetime(2026, 7, 14, 22, 15, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
IDENTITY = Identity(
    company_name="Park", company_ids=("urn:x:park",), manufacturer_id="BPNL00000000TJ00", street="Road 1",
    postal_code="300000", city="Tianjin", product_urn="urn:x:product:", material_urn="urn:x:material:",
    classifications=("urn:pact:productclassification:un-cpc:4522",), country="CN", fossil_carbon_share=Decimal("0.1"),
    gtin=(Gtin(product_id="NB", gtin="09520000000011"),), basis="assumed: a test",
)  # fmt: skip


def product(product_id: str = "NB") -> Product:
    """A product that is sold."""
    return Product(
        id=product_id, name=Text(en="Notebook", zh="笔记本"), kind="finished", family_id="f", segment_id="s",
        mass_kg=1.5, basis="assumed: a test",
    )  # fmt: skip


def built_unit(**changes) -> Built:
    """A notebook with a board, two kinds of material and energy in two intervals and a day's share."""
    used = (
        Used(START - timedelta(hours=6), START + timedelta(hours=18), 4_000_000),
        Used(START, START + QUARTER, 300_001),
        Used(START + QUARTER, START + 2 * QUARTER, 50_000),
    )
    one = Built(
        unit_id="TJ-260715-L-NB-000001",
        product=product(),
        uri="https://id.gs1.org/01/09520000000011/21/TJ260715LNB000001",
        packed=START + 2 * QUARTER,
        final=START + timedelta(hours=18),
        zone=ZoneInfo("Asia/Shanghai"),
        energy_mwh_int=4_350_001,
        footprint_kg=Decimal("209.695203206"),
        kinds_kg={
            "material": Decimal("206.5519"), "freight": Decimal("1.135781894"), "energy": Decimal("2.007521312")
        },
        steps=(Step("NB-asm", START + QUARTER, "ok"), Step("NB-test", START + 2 * QUARTER, "ok")),
        pieces=(Piece("TJ-stock-BRD-1", Decimal(1), "piece", START),),
        bought=(
            Bought("MEM-8", "Memory", Decimal("2.0"), "piece"), Bought("PASTE", "Paste", Decimal("0.002"), "kg")
        ),
        used=used,
    )  # fmt: skip
    return replace(one, **changes)


class MemoryShelf:
    """Units in memory, by serial number."""

    def __init__(self, units: list[Built]) -> None:
        self.units = sorted(units, key=lambda one: one.unit_id)

    def page(self, product_ids, after, limit):
        """The next units of those products."""
        found = [one for one in self.units if one.product.id in product_ids and one.unit_id > after]
        return found[:limit]

    def unit(self, unit_id):
        """A unit by its serial number, in full or as linked."""
        return next((one for one in self.units if unit_id in (one.unit_id, one.unit_id.replace("-", ""))), None)
