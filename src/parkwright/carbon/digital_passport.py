"""What a park declares for the digital product passports of its units: what they must tell and no ledger knows.

References: Regulation (EU) 2024/1781, articles 7, 9 to 11 and annex III; io.catenax.generic.digital_product_passport
7.0.0 (eclipse-tractusx/sldt-semantic-models, CC BY 4.0).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from parkwright.model.errors import LedgerError
from parkwright.model.noun import Noun, Sourced, figure, word

Absent = Literal["none"]
"""Said of a thing that there is not: it is not the same as not saying."""
WEB = r"^https?://[A-Za-z0-9._~:/?#@!$&'()*+,;=%-]+$"
MAIL = r"^[A-Za-z0-9._+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$"
SUBDIVISION = r"^[A-Z]{2}-[A-Z0-9]{1,3}$"
NEEDED_KINDS = ("durability", "repair", "dismantling", "safety", "service")
"""Kinds of document that a passport needs: Regulation (EU) 2024/1781, article 7(2)(b) and annex III (e), (f)."""


class Document(Noun):
    """A document behind a link."""

    title: str = word("title of the document", min_length=1, max_length=100)
    link: str = word("web address of the document", pattern=WEB)


class Source(Document):
    """A document that comes with the products."""

    kind: Literal[
        "conformity", "dismantling", "durability", "manual", "other", "recycling", "repair", "return", "safety",
        "service", "technical", "warranty",
    ] = word("what it tells")  # fmt: skip


class Party(Noun):
    """A company or a place beside the park."""

    id: str = word("its number in data spaces, or another that is unique", min_length=1)
    name: str = word("its name", min_length=1)
    street: str = word("street and number", min_length=1)
    postal_code: str = word("postal code", min_length=1)
    city: str = word("city", min_length=1)
    subdivision: str = word("ISO 3166-2 of its address", pattern=SUBDIVISION)
    website: str = word("web address for questions", "", pattern=rf"^$|{WEB}")
    phone: str = word("telephone number", "", pattern=r"^(\+?[0-9 ]+)?$")
    email: str = word("mail address", "", pattern=rf"^$|{MAIL}")


class Importer(Party):
    """Who brings the products into the market."""

    eori: str = word("its EORI number", pattern=r"^[A-Z]{2}[A-Z0-9]{1,18}$")


class Responsibility(Noun):
    """A scheme of extended producer responsibility."""

    territories: tuple[str, ...] = word("countries that it holds in, ISO 3166", min_length=1)
    symbol: tuple[Document, ...] = word("its symbols", min_length=1)
    collection_point: tuple[Party, ...] = word("where products are taken back", ())


class SpareParts(Noun):
    """Materials of the bill that are to be had as spare parts, and who has them."""

    material_ids: tuple[str, ...] = word("materials of the bill that are spare parts", min_length=1)
    provider: Party = word("who supplies them")


class Reuse(Noun):
    """How the products can be used again."""

    text: str = word("how the products can be used again", min_length=1)
    collection_point: tuple[Party, ...] | Absent = word('where they are collected for reuse, or "none"')


class Compliance(Noun):
    """A requirement that the products meet."""

    requirement: str = word("name of the requirement", min_length=1)
    statement: str = word("what is declared", min_length=1)
    countries: tuple[str, ...] = word("countries that it concerns, ISO 3166", min_length=1)
    document: tuple[Document, ...] = word("documents that prove it", ())


class Concern(Noun):
    """Why a substance is of concern."""

    hazard_class: str = word("class of hazard", min_length=1)
    hazard_category: str = word("category of hazard", min_length=1)
    hazard_statement: str = word("hazard statement", min_length=1)
    exemption: str = word('exemption that applies, or "none"', min_length=1)
    locations: tuple[str, ...] = word("where in the product it is", min_length=1)
    max_percent: Decimal = figure("% of mass", "highest concentration", gt=0, le=100)
    document: tuple[Document, ...] = word("documents about it", min_length=1)


class Substance(Noun):
    """A material that the products consist of."""

    name: str = word("name of the material", min_length=1)
    number: str = word("its number in the list", min_length=1)
    list: Literal["CAS", "EC", "IUPAC", "InChl", "INCI", "SMILES"] = word("list that numbers it")
    families: tuple[str, ...] = word("families of products that it is in; all where none is named", ())
    percent: Decimal = figure("% of mass", "share of the product", gt=0, le=100)
    recycled_percent: Decimal = figure("% of mass", "recovered content of the material", ge=0, le=100)
    document: tuple[Document, ...] = word("documents about the material", min_length=1)
    concern: Concern | Absent = word('why it is of concern, or "none"')
    declarable: tuple[Document, ...] | Absent = word('lists that it must be declared in, by title, or "none"')


class Lifespan(Noun):
    """How long a product lasts."""

    value: Decimal = figure("unit", "length of the life", gt=0)
    unit: Literal["day", "month", "year", "cycle", "hour"] = word("unit of the life; hour is of running")
    kind: Literal["guaranteed", "technical", "between failures"] = word("which life is meant")


class ProductModel(Noun):
    """What is the same for all products of some families."""

    families: tuple[str, ...] = word("families of products (products.toml) that it holds for", min_length=1)
    image: tuple[Document, ...] = word("pictures of the product", min_length=1)
    volume_l: Decimal = figure("l", "volume of the product", gt=0)
    gross_volume_l: Decimal = figure("l", "volume with its packing", gt=0)
    lifespan: tuple[Lifespan, ...] = word("how long a product lasts", min_length=1)
    codes: dict[str, str] = word("codes of the product by their scheme, such as HS or TARIC", {})


class DeclaredPassport(Sourced):
    """What a park declares for the passports of all its units; None is not declared, and no passport is told then."""

    version: str | None = word(
        "edition of this block as 1.0; raise it with each change", None, pattern=r"^[0-9]+\.[0-9]+$"
    )
    language: str | None = word("language of its texts, such as en-GB", None, pattern=r"^[a-z]{2}-[A-Z]{2}$")
    backup: str | None = word("reference of the provider that keeps the back-up copy", None, min_length=1)
    available_years: int | None = figure("a", "how long a passport stays available", None, gt=0, le=100)
    contact: str | None = word("mail address of the company for questions", None, pattern=MAIL)
    facility_id: str | None = word("number of the site in data spaces (BPNA), or another that is unique", None)
    carrier_positions: tuple[str, ...] | None = word("where on the product its code is", None, min_length=1)
    purposes: tuple[str, ...] | None = word(
        "industries that the products are meant for; Catena-X wants automotive among them", None, min_length=1
    )
    importer: Importer | Absent | None = word('who brings the products into the market, or "none"', None)
    responsibility: Responsibility | Absent | None = word('scheme of producer responsibility, or "none"', None)
    spare_parts: SpareParts | Absent | None = word('what there is as spare parts, or "none"', None)
    recall: tuple[Document, ...] | Absent | None = word('documents of a recall, or "none"', None)
    reuse: Reuse | Absent | None = word('how products can be used again, or "none"', None)
    recyclability: str | None = word('how well the products can be recycled, or "none"', None, min_length=1)
    rulebook: tuple[Document, ...] | None = word("rules that the footprint keeps", None, min_length=1)
    source: tuple[Source, ...] | None = word("documents that come with the products", None, min_length=1)
    compliance: tuple[Compliance, ...] | None = word("requirements that the products meet", None, min_length=1)
    sorting: dict[str, str] | None = word("place in the bill -> how to sort what is there at the end of life", None)
    substance: tuple[Substance, ...] | None = word("materials that the products consist of", None, min_length=1)
    model: tuple[ProductModel, ...] | None = word("what holds for the products of some families", None, min_length=1)
    status: Literal["", "draft", "approved"] = word("status of the passports; not told where empty", "")
    registration: str = word("number in the registry of passports; not told where empty", "")
    durability_score: str = word("score of durability; not told where empty", "")
    reparability_score: str = word("score of reparability; not told where empty", "")
    access: str = word("who may see what of a passport; not told where empty", "")

    def missing(self) -> list[str]:
        """Return what a passport needs and is not declared, each as a field with its meaning."""
        fields = type(self).model_fields
        found = [f"{name} ({fields[name].description})" for name in fields if getattr(self, name) is None]
        kinds = {one.kind for one in self.source or ()}
        return found + [f"source of kind {kind}" for kind in NEEDED_KINDS if self.source and kind not in kinds]

    def model_of(self, family_id: str) -> ProductModel:
        """Return what holds for a family of products.

        Raises LedgerError where nothing is declared, or the packed product is smaller than the bare one.
        """
        found = next((one for one in self.model or () if family_id in one.families), None)
        if found is None:
            raise LedgerError(
                f"family {family_id}: is in no [[passport.model]]; declare its pictures, volumes and life in "
                "carbon/exchange.toml"
            )
        if found.gross_volume_l < found.volume_l:
            raise LedgerError(
                f"family {family_id}: packed it takes {found.gross_volume_l} l, bare {found.volume_l} l; correct its "
                "[[passport.model]] in carbon/exchange.toml"
            )
        return found

    def substances_of(self, family_id: str) -> list[Substance]:
        """Return the materials that a family's products consist of.

        Raises LedgerError where none is declared, or they are more than the whole product.
        """
        found = [one for one in self.substance or () if not one.families or family_id in one.families]
        percent = sum((one.percent for one in found), Decimal(0))
        if not 0 < percent <= 100:
            raise LedgerError(
                f"family {family_id}: its [[passport.substance]] add up to {percent} % of its mass; declare more than "
                "0 and at most 100 % in carbon/exchange.toml"
            )
        return found
