"""Partners over the API and on the page: added, shared with, invited and revoked by who may, seen by no supplier."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from desk_fixture import make_site, session
from fastapi import HTTPException
from fastapi.testclient import TestClient
from page_fixture import MARK, Markup, Pages

from parkwright.show.auth import COOKIE, Principal
from parkwright.show.door import Visit
from parkwright.show.frames import Frames
from parkwright.show.pages import partners as page
from parkwright.show.pages.forms import outcome
from parkwright.show.partners_api import partners_of
from parkwright.show.words import Words, catalogue

API = "/api/v1/carbon/partners"
WORDS = Words("en", ZoneInfo("Asia/Shanghai"))


class Desk:
    """The API over a database of its own."""

    def __init__(self, folder: Path) -> None:
        self.app, self.operations = make_site(folder)
        self.client = TestClient(self.app)
        self.sessions = {role: session(self.operations, role) for role in ("carbon", "viewer", "supplier:S-1")}
        self.context = next(one.kwargs["context"] for one in self.app.user_middleware if "context" in one.kwargs)

    def ask(self, method: str, path: str = "", body: object = None, role: str = "carbon") -> Any:
        headers = {"cookie": f"{COOKIE}={self.sessions[role]}"}
        return self.client.request(method, f"{API}{path}", json=body, headers=headers)

    def visit(self, role: str = "carbon") -> Visit:
        who = self.operations.add_user(role, role, datetime(2026, 8, 1, tzinfo=UTC))
        return Visit(self.context, Frames(self.context.facts), Principal(who, role, role), "en", "light")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.operations.close()


@pytest.fixture(scope="module")
def knowing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk that knows one partner, for what is refused and changes nothing."""
    made = Desk(tmp_path_factory.mktemp("knowing"))
    made.ask("POST", body={"client_id": "known", "name": "A"})
    yield made
    made.operations.close()


def test_a_partner_is_added_sees_products_and_is_revoked(desk: Desk):
    supplier = desk.context.park.suppliers[0].id
    made = desk.ask("POST", body={"client_id": "maker", "name": "A maker", "supplier_id": supplier}).json()
    assert len(made["client_secret"]) > 20
    products = [one.id for one in desk.context.park.products]
    assert desk.ask("POST", "/maker/shares", {"things": ["all"]}).json() == {"changed": True}
    assert desk.ask("POST", "/maker/shares", {"things": [products[0]]}).json() == {"changed": False}
    (row,) = desk.ask("GET", role="viewer").json()["rows"]
    assert (row["client_id"], row["supplier_id"], row["sees"]) == ("maker", supplier, sorted(products))
    assert made["client_secret"] not in desk.ask("GET").text
    assert desk.ask("POST", "/maker/withdrawals", {"things": products[:1]}).json() == {"changed": True}
    assert desk.ask("GET").json()["rows"][0]["sees"] == sorted(products[1:])
    invited = desk.ask("POST", "/maker/invitation").json()
    assert (invited["supplier_id"], invited["open"].startswith("/sign-in/")) == (supplier, True)
    assert desk.ask("POST", "/maker/revocation").json() == {"changed": True}
    assert desk.ask("GET").json()["rows"] == []
    assert desk.ask("POST", "/maker/shares", {"things": ["all"]}).status_code == 409


@pytest.mark.parametrize(
    ("path", "body", "status", "says"),
    [
        ("", {"client_id": "known", "name": "B"}, 409, "is registered already"),
        ("", {"client_id": "b", "name": "B", "supplier_id": "S-0"}, 409, "is not in suppliers.toml"),
        ("", {"client_id": "a b", "name": "B"}, 422, "client_id"),
        ("/known/shares", {"things": ["nothing"]}, 409, "is no product and no declared footprint"),
        ("/known/shares", {"things": []}, 422, "things"),
        ("/known/invitation", None, 409, "is no supplier"),
        ("/nobody/withdrawals", {"things": ["x"]}, 409, "is not registered"),
        ("/nobody/revocation", None, 409, "is not registered"),
    ],
)
def test_what_may_not_be_is_refused_and_changes_nothing(knowing: Desk, path: str, body: object, status: int, says: str):
    before = knowing.ask("GET").json()
    answer = knowing.ask("POST", path, body)
    assert (answer.status_code, says in answer.text) == (status, True)
    assert knowing.ask("GET").json() == before


def test_a_supplier_sees_no_partner_and_who_only_looks_decides_nothing(desk: Desk):
    assert desk.ask("GET", role="supplier:S-1").status_code == 403
    for role in ("viewer", "supplier:S-1"):
        for path, body in (("", {"client_id": "b", "name": "B"}), ("/b/shares", {"things": ["all"]}),
                           ("/b/invitation", None), ("/b/revocation", None)):  # fmt: skip
            assert desk.ask("POST", path, body, role).status_code == 403
    with pytest.raises(HTTPException):
        page.added(desk.visit("viewer"), WORDS, {"client_id": "b", "name": "B"})
    assert desk.ask("GET").json()["rows"] == []


def test_the_forms_do_what_the_api_does_and_say_so(desk: Desk):
    visit, supplier = desk.visit(), desk.context.park.suppliers[0].id
    told = page.added(visit, WORDS, {"client_id": "maker", "name": "A maker", "supplier_id": supplier})
    assert WORDS.say("partner_add.done", who="maker") in told
    n = len(desk.context.park.products)
    assert WORDS.say("partner_share.done", who="maker", n=n) in page.shared(
        visit, WORDS, {"client_id": "maker", "thing": "all"}
    )
    assert "/sign-in/" in page.invited(visit, WORDS, {"client_id": "maker"})
    wrong = outcome(WORDS, "partner_add", partial(page.added, visit, WORDS), {"client_id": "maker", "name": "B"})
    assert "is registered already" in Markup(wrong).text
    found = partners_of(visit)
    assert found is not None
    assert 'value="maker"' in page.share_fields(WORDS, found)
    assert page.invite_fields(WORDS, found.model_copy(update={"rows": []})) == page.share_fields(WORDS, None) == ""


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_card_is_drawn_for_who_may_see_it_and_the_buttons_for_who_may_act(pages: Pages, language: str):
    said = catalogue(language)
    shown = pages.drawn("/requests", "carbon", language)
    assert said["partners.about"] in shown.text
    assert MARK in shown.text
    assert [piece.planted for piece in shown.pieces if piece.planted] == []
    assert "/maker/revocation" in shown.html
    assert said["partner_add.about"] in shown.text
    looked = pages.drawn("/requests", "viewer", language)
    assert said["partners.about"] in looked.text
    assert "/maker/revocation" not in looked.html
    own = pages.drawn("/requests", "supplier:S-1", language)
    assert said["partners.about"] not in own.text
    assert "maker" not in own.html
