"""Declarations over the API and on the page: listed for staff, made by who may, and seen by no supplier."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from desk_fixture import make_site, session
from fastapi import HTTPException
from fastapi.testclient import TestClient
from page_fixture import MARK, Markup, Pages
from park_fixture import small_park

from parkwright.show.auth import COOKIE, Principal
from parkwright.show.door import Visit
from parkwright.show.frames import Frames
from parkwright.show.pages import declarations as page
from parkwright.show.pages.forms import outcome
from parkwright.show.words import Words, catalogue

API = "/api/v1/carbon/declarations"
BODY = {"start_day": "2026-07-14", "end_day": "2026-07-15", "product_ids": ["NB-14"]}
SPAN = (date(2026, 7, 14), date(2026, 7, 15))
WORDS = Words("en", small_park().zone)


class Desk:
    """The API and the context that its pages have."""

    def __init__(self, folder) -> None:
        self.app, self.operations = make_site(folder)
        self.client = TestClient(self.app)
        self.tokens = {role: session(self.operations, role) for role in ("carbon", "viewer", "supplier:S-1")}
        self.context = next(one.kwargs["context"] for one in self.app.user_middleware if "context" in one.kwargs)

    def ask(self, method: str, address: str = "", body: object = None, role: str = "carbon"):
        headers = {"cookie": f"{COOKIE}={self.tokens[role]}"}
        return self.client.request(method, f"{API}{address}", json=body, headers=headers)

    def visit(self, role: str = "carbon") -> Visit:
        return Visit(self.context, Frames(self.context.facts), Principal("u", role, role), "en", "light")


@pytest.fixture
def desk(tmp_path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.operations.close()


def test_the_newest_is_first_and_names_what_it_replaces(desk: Desk):
    newest, first = desk.ask("GET", role="viewer").json()["rows"]
    assert (newest["id"], newest["status"], newest["kg_per_declared_unit"], newest["primary_share"]) == (
        "d2", "active", 98.25, 0.125,
    )  # fmt: skip
    assert (newest["replaces"], newest["versions_before"], first["primary_share"]) == (["d1"], ["d1"], None)
    assert desk.ask("GET", "?product_id=none").json()["rows"] == []


def test_who_may_declares_and_what_cannot_be_changes_nothing(desk: Desk):
    assert desk.ask("POST", body=BODY).json() == {
        "declarations": ["d3"], "start_day": "2026-07-14", "end_day": "2026-07-15",
    }  # fmt: skip
    made = desk.context.declarations.made
    assert made == [(("NB-14",), SPAN)]
    refused = desk.ask("POST", body={**BODY, "start_day": "2025-07-14"})
    assert (refused.status_code, "no closed day" in refused.json()["detail"]) == (409, True)
    for wrong in ({"start_day": "1999-01-01"}, {"end_day": "soon"}, {"product_ids": ["a b"]}):
        assert desk.ask("POST", body={**BODY, **wrong}).status_code == 422
    assert len(made) == 1


def test_a_supplier_sees_no_declaration_and_who_only_looks_makes_none(desk: Desk):
    assert desk.ask("GET", role="supplier:S-1").status_code == 403
    for role in ("viewer", "supplier:S-1"):
        assert desk.ask("POST", body=BODY, role=role).status_code == 403
        with pytest.raises(HTTPException):
            page.declared(desk.visit(role), WORDS, {"start_day": "2026-07-14", "end_day": "2026-07-15"})
    assert desk.context.declarations.made == []


def test_the_form_declares_what_was_typed_and_says_so(desk: Desk):
    given = {"start_day": "2026-07-14", "end_day": "2026-07-15", "product_id": ""}
    told = page.declared(desk.visit(), WORDS, given)
    assert WORDS.say("declare.done", n=1, start="2026-07-14", end="2026-07-15") in told
    page.declared(desk.visit(), WORDS, {**given, "product_id": "NB-14"})
    assert desk.context.declarations.made == [((), SPAN), (("NB-14",), SPAN)]
    wrong = outcome(WORDS, "declare", lambda one: page.declared(desk.visit(), WORDS, one), {**given, "end_day": ""})
    assert 'role="alert"' in wrong
    assert page.declare_fields(WORDS, None) == page.declarations_card(WORDS, None) == ""


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_card_is_drawn_for_staff_and_the_form_for_who_may_act(pages: Pages, language: str):
    said = catalogue(language)
    shown = pages.drawn("/requests", "carbon", language)
    assert said["declared.about"] in shown.text
    assert said["declare.about"] in shown.text
    assert f"urn:x:{MARK}" in shown.text
    assert [piece.planted for piece in shown.pieces if piece.planted] == []
    looked = pages.drawn("/requests", "viewer", language)
    assert said["declared.about"] in looked.text
    assert 'name="start_day"' not in looked.html
    own = pages.drawn("/requests", "supplier:S-1", language)
    assert said["declared.about"] not in own.text
    assert "urn:x:" not in own.text


def test_a_park_that_declared_nothing_is_told_how():
    found = page.DeclarationList(rows=[], products=["NB-14"])
    assert WORDS.say("declared.none") in Markup(page.declarations_card(WORDS, found)).text
