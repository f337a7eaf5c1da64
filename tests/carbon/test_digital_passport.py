"""What is declared for product passports: complete or named, and never more than a product can be."""

from __future__ import annotations

from decimal import Decimal

import pytest
from declared_passport import CONCERN, PARTY, declared_passport
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from parkwright.carbon.digital_passport import NEEDED_KINDS, DeclaredPassport, Document, Importer, Party, Substance
from parkwright.model.errors import LedgerError

OPTIONAL = {"basis", "status", "registration", "durability_score", "reparability_score", "access"}
SUBSTANCE = declared_passport().substance[0]


def test_what_is_complete_lacks_nothing_and_what_is_empty_lacks_all_by_name_and_meaning():
    assert declared_passport().missing() == []
    lacking = DeclaredPassport(basis="assumed: a test").missing()
    assert {one.split(" (")[0] for one in lacking} == set(DeclaredPassport.model_fields) - OPTIONAL
    assert 'importer (who brings the products into the market, or "none")' in lacking


@pytest.mark.parametrize("name", sorted(set(DeclaredPassport.model_fields) - OPTIONAL))
def test_one_thing_that_is_not_declared_is_named_alone(name):
    (lacking,) = declared_passport(**{name: None}).missing()
    assert lacking.startswith(f"{name} (")


@pytest.mark.parametrize("kind", NEEDED_KINDS)
def test_a_kind_of_document_that_buyers_must_have_is_missed(kind):
    documents = [one.model_dump() for one in declared_passport().source if one.kind != kind]
    assert declared_passport(source=documents).missing() == [f"source of kind {kind}"]


def test_a_model_holds_for_its_families_alone():
    found = declared_passport()
    assert found.model_of("f") is found.model_of("a") is found.model[0]
    with pytest.raises(LedgerError, match=r"family z: is in no \[\[passport.model\]\]"):
        found.model_of("z")


def test_a_packed_product_is_not_smaller_than_the_bare_one():
    small = declared_passport().model[0].model_copy(update={"gross_volume_l": Decimal("1.9")})
    with pytest.raises(LedgerError, match=r"family f: packed it takes 1.9 l, bare 2 l"):
        declared_passport().model_copy(update={"model": (small,)}).model_of("f")


def test_a_substance_is_in_the_families_that_it_names_or_in_all():
    here = SUBSTANCE.model_copy(update={"families": ("a",), "percent": Decimal(40)})
    found = declared_passport().model_copy(update={"substance": (SUBSTANCE, here)})
    assert found.substances_of("a") == [SUBSTANCE, here]
    assert found.substances_of("f") == [SUBSTANCE]


@given(st.lists(st.decimals("0.01", "100", places=2), max_size=4))
def test_materials_are_more_than_nothing_and_at_most_the_whole(shares):
    given_ = tuple(SUBSTANCE.model_copy(update={"percent": share}) for share in shares)
    found = declared_passport().model_copy(update={"substance": given_})
    if 0 < sum(shares) <= 100:
        assert found.substances_of("f") == list(given_)
    else:
        with pytest.raises(LedgerError, match=r"add up to .* % of its mass"):
            found.substances_of("f")


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"version": "1"}, "version"),
        ({"language": "english"}, "language"),
        ({"available_years": 0}, "available_years"),
        ({"contact": "nobody"}, "contact"),
        ({"importer": "no"}, "importer"),
        ({"importer": PARTY}, "eori"),
        ({"recall": "maybe"}, "recall"),
        ({"status": "sold"}, "status"),
        ({"purposes": []}, "purposes"),
        ({"source": [{"kind": "novel", "title": "a", "link": "https://x.example"}]}, "kind"),
        ({"durabillity_score": "A"}, "durabillity_score"),
    ],
)
def test_what_cannot_be_is_refused_where_it_stands(changes, place):
    with pytest.raises(ValidationError) as caught:
        declared_passport(**changes)
    assert place in {part for error in caught.value.errors() for part in error["loc"]}


@pytest.mark.parametrize(
    "link", ["doc.example", "ftp://doc.example", "https://doc example", "https://dök.example", "javascript:1"]
)
def test_a_link_is_a_web_address(link):
    with pytest.raises(ValidationError):
        Document(title="a", link=link)
    with pytest.raises(ValidationError):
        Document(title="a" * 101, link="https://doc.example")


def test_numbers_and_addresses_of_others_keep_their_form():
    for changes in ({"phone": "020/1"}, {"email": "x@"}, {"website": "x"}, {"subdivision": "London"}, {"id": ""}):
        with pytest.raises(ValidationError):
            Party.model_validate({**PARTY, **changes})
    with pytest.raises(ValidationError):
        Importer.model_validate({**PARTY, "eori": "12"})
    plain = {**SUBSTANCE.model_dump(), "concern": {**CONCERN, "max_percent": "101"}}
    with pytest.raises(ValidationError):
        Substance.model_validate(plain)
