"""Certificates: the API moves what may be moved, once, for those who may; the page shows it with the right buttons."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from html import unescape
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from desk_fixture import make_site, session
from fastapi.testclient import TestClient
from page_fixture import Pages

from parkwright.carbon import certificates, retirement
from parkwright.model.errors import LedgerError, PlanError
from parkwright.show.answers.certificates import CertificateList, CertificateRow
from parkwright.show.auth import COOKIE, Principal
from parkwright.show.door import Visit
from parkwright.show.frames import Frames
from parkwright.show.pages import certificates as page
from parkwright.show.pages.certificates import assets_card
from parkwright.show.pages.forms import outcome
from parkwright.show.words import Words, catalogue
from parkwright.store import certificates as register
from parkwright.wire import certificates as board

NOW = datetime(2026, 8, 1, tzinfo=UTC)
API = "/api/v1/carbon/certificates"
JULY = {"start_day": "2026-07-01", "end_day": "2026-07-31"}
WIND = {"registry": "GEC", "first": 1, "last": 100, "region": "CN", "technology": "wind", **JULY}


class Desk:
    """The API over a register of its own."""

    def __init__(self, folder: Path) -> None:
        app, self.operations = make_site(folder)
        self.client = TestClient(app)
        self.sessions = {role: session(self.operations, role) for role in ("carbon", "viewer")}

    def post(self, path: str, body: object, role: str = "carbon"):
        return self.client.post(f"{API}{path}", json=body, headers={"cookie": f"{COOKIE}={self.sessions[role]}"})

    def get(self, **query: str):
        return self.client.get(API, params=query, headers={"cookie": f"{COOKIE}={self.sessions['viewer']}"})

    def held(self, **query: str) -> dict:
        return self.get(**query).json()

    def states(self, registry: str) -> list[tuple[int, int, str]]:
        found = [row for row in self.held()["rows"] if row["registry"] == registry]
        return [(row["first"], row["last"], row["state"]) for row in found]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    made = Desk(tmp_path_factory.mktemp("certificates"))
    yield made
    made.operations.close()


def numbers(first: int, last: int, **fields: object) -> dict:
    return {"registry": "GEC", "first": first, "last": last, **fields}


def test_a_range_goes_from_entry_to_retirement_and_each_number_once(desk: Desk):
    assert desk.held() == {"kwh": {}, "rows": []}
    assert desk.post("", WIND | {"own": True, "kg_per_kwh": "0.041"}).json() == {"changed": True}
    assert desk.post("/moves", numbers(1, 100, state="held")).status_code == 200
    assert desk.post("/retirements", numbers(11, 25, **JULY)).status_code == 200
    assert desk.post("/moves", numbers(41, 50, state="sold")).status_code == 200
    beyond = desk.post("/moves", numbers(51, 57, state="sold"))
    assert (beyond.status_code, "the 6.000 MWh of own power of its vintage" in beyond.json()["detail"]) == (409, True)
    assert [state for _, _, state in desk.states("GEC")] == ["held", "retired", "held", "sold", "held"]
    found = desk.held()
    assert found["kwh"] == {"held": 75_000.0, "retired": 15_000.0, "sold": 10_000.0}
    assert found["rows"][1] | {"kwh": 0} == {
        **numbers(11, 25), "kwh": 0, "state": "retired", "vintage": ["2026-07-01", "2026-07-31"], "region": "CN",
        "technology": "wind", "own": True, "kg_per_kwh": 0.041, "retired_to": ["2026-07-01", "2026-07-31"],
        "retirable": None, "hour": None, "valid_to": "2028-07-30",
    }  # fmt: skip
    again = desk.post("/retirements", numbers(25, 51, **JULY))
    assert (again.status_code, "is retired, cannot become retired" in again.json()["detail"]) == (409, True)
    assert desk.held() == found


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [("", WIND | {"first": 0}, 422), ("", WIND | {"registry": ""}, 422), ("", WIND | {"kg_per_kwh": -1}, 422),
     ("", WIND | {"start_day": "2026-08-02"}, 409), ("", WIND | {"start_day": "soon"}, 422),
     ("/moves", numbers(1, 5, state="retired"), 422), ("/moves", numbers(1, 5, state="held"), 409),
     ("/retirements", numbers(1, 10**16, **JULY), 422), ("/retirements", numbers(1, 5), 422)],
)  # fmt: skip
def test_what_is_wrong_is_refused_and_nothing_is_entered(desk: Desk, path: str, body: dict, status: int):
    before = desk.held()
    assert desk.post(path, {**body, "registry": body["registry"] and "OTHER"}).status_code == status
    assert desk.held() == before


def test_a_part_is_retired_and_no_more_than_was_used(desk: Desk):
    two = {"start_day": "2026-09-01", "end_day": "2026-09-02"}
    mine = {"registry": "PART"}
    assert desk.post("", WIND | mine).status_code == 200
    assert desk.post("/moves", numbers(1, 100, state="held") | mine).status_code == 200

    def retirable(**query: str) -> list[int | None]:
        found = desk.held(**query)["rows"]
        return [row["retirable"] for row in found if row["registry"] == "PART"]

    days = {"from": "2026-09-01", "to": "2026-09-02"}
    assert (retirable(), retirable(**days)) == ([None], [4])
    assert retirable(**{"from": "2026-06-01", "to": "2026-06-30"}) == [0]
    refused = desk.post("/retirements", numbers(1, 100, **two) | mine)
    assert refused.status_code == 409
    assert "100 MWh are more than the 4.000 MWh of bought power that can still be retired" in refused.json()["detail"]
    assert desk.states("PART") == [(1, 100, "held")]
    assert desk.post("/retirements", numbers(1, 100, count="3", **two) | mine).status_code == 200
    assert desk.states("PART") == [(1, 3, "retired"), (4, 100, "held")]
    assert retirable(**days) == [0, 1]
    for count in (0, 98, "some"):
        assert desk.post("/retirements", numbers(4, 100, count=count, **two) | mine).status_code == 422
    assert desk.get(**{"from": "2026-09-01"}).status_code == 422


def test_an_hour_of_production_is_entered_and_what_is_too_old_expires(desk: Desk):
    day = {"start_day": "2020-07-01", "end_day": "2020-07-01"}
    assert desk.post("", WIND | day | {"registry": "HOUR", "hour": 0}).status_code == 200
    shown = next(row for row in desk.held()["rows"] if row["registry"] == "HOUR")
    assert (shown["vintage"], shown["hour"]) == (["2020-07-01", "2020-07-01"], 0)
    assert desk.post("", WIND | {"registry": "HOUR", "first": 200, "last": 201, "hour": 7}).status_code == 409
    assert desk.post("", WIND | day | {"registry": "HOUR", "hour": 24}).status_code == 422
    assert desk.post("/expirations", None, "viewer").status_code == 403
    assert desk.post("/expirations", None).json() == {"changed": True}
    assert desk.states("HOUR") == [(1, 100, "expired")]
    assert desk.post("/expirations", None).json() == {"changed": False}


def test_who_may_only_look_changes_nothing(desk: Desk):
    own = {"registry": "OWN"}
    assert desk.post("", WIND | own).status_code == 200
    for path, body in (("", WIND | {"first": 200, "last": 201}), ("/moves", numbers(1, 5, state="held"))):
        assert desk.post(path, body | own, "viewer").status_code == 403
    assert desk.states("OWN") == [(1, 100, "issued")]


def row(**changes: object) -> CertificateRow:
    plain = {
        "registry": "<GEC>", "first": 1, "last": 4, "kwh": 4_000.0, "state": "held",
        "vintage": ["2026-06-01", "2026-06-30"], "region": "CN", "technology": "wind", "own": False, "kg_per_kwh": 0.0,
        "retired_to": None, "valid_to": "2028-06-29",
    }  # fmt: skip
    return CertificateRow.model_validate(plain | changes)


def posted(html: str) -> list[tuple[str, dict, tuple[str, str]]]:
    """Address and body of each button, and which field is asked for with what in it."""
    asked = r'(?: data-ask="[^"]+" data-field="([^"]*)" data-given="([^"]*)")?'
    found = re.findall(rf'data-post="([^"]*)" data-body="([^"]*)" data-done="[^"]*"{asked}', html)
    return [(path, json.loads(unescape(body)), (field, given)) for path, body, field, given in found]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_card_offers_what_a_state_allows_and_asks_before_what_is_final(language: str):
    words = Words(language, ZoneInfo("Asia/Shanghai"))
    held = CertificateList(
        kwh={"held": 4_000.0, "issued": 1_000.0, "retired": 2_000.0},
        rows=[
            row(retirable=3),
            row(first=8, last=9, retirable=0),
            row(first=5, last=5, state="issued"),
            row(first=6, last=7, state="retired", retired_to=["a", "a"]),
        ],
    )
    told = assets_card(words, held, ("2026-07-01", "2026-07-02"))
    span = {"start_day": "2026-07-01", "end_day": "2026-07-02"}
    assert posted(told) == [
        (f"{API}/retirements", {"registry": "<GEC>", "first": 1, "last": 4, **span}, ("count", "3")),
        (f"{API}/moves", {"registry": "<GEC>", "first": 5, "last": 5, "state": "held"}, ("", "")),
    ]
    assert "<GEC>" not in told
    assert "2026-07-01 – 2026-07-02" in told
    assert "2026-06-30 09:00" in assets_card(
        words, CertificateList(kwh={}, rows=[row(vintage=["2026-06-30"] * 2, hour=9)])
    )
    assert all(words.say(f"certificate.{name}") in told for name in held.kwh)
    assert told.count(words.say("centre.used_up")) == 1
    assert posted(assets_card(words, held)) == []
    assert words.say("centre.no_assets") in assets_card(words, CertificateList(kwh={}, rows=[]))
    assert assets_card(words, None) == ""


def test_the_page_shows_the_certificates_of_the_park(pages: Pages):
    for role, acts in (("admin", True), ("viewer", False)):
        told = pages.drawn("/zero-carbon", role)
        assert "GEC 1–9" in told.text
        assert ("/moves" in told.html) is acts


# ------------------------------------------------------------------------------------------------- the forms


TYPED = {
    "registry": "FORM", "first": "1", "last": "100", "start_day": "2026-07-01", "end_day": "2026-07-31",
    "region": "CN", "technology": "wind", "kg_per_kwh": "0",
    "hour": "",
}  # fmt: skip


def visit_as(desk: Desk, role: str) -> Visit:
    """A visit to the desk's site as somebody of a role, as a page has it."""
    context = next(one.kwargs["context"] for one in desk.client.app.user_middleware if "context" in one.kwargs)
    return Visit(
        context, Frames(context.facts), Principal(desk.operations.add_user(role, role, NOW), role, role), "en", "light"
    )


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_is_typed_is_entered_moved_and_retired_and_the_card_says_so(desk: Desk, language: str):
    words, visit = Words(language, ZoneInfo("Asia/Shanghai")), visit_as(desk, "carbon")
    given, registry = {**TYPED, "registry": f"T-{language}", "own": "true"}, f"T-{language}"
    assert words.say("certificate_enter.done", serials=f"{registry} 1–100") in page.entered(visit, words, given)
    (entered,) = [row for row in desk.held()["rows"] if row["registry"] == registry]
    assert (entered["own"], entered["state"], entered["technology"]) == (True, "issued", "wind")
    part = {"registry": registry, "first": "1", "last": "60", "start_day": "", "end_day": ""}
    page.moved(visit, words, {**part, "state": "held"})
    first, last = {"en": ("2026-08-01", "2026-08-10"), "zh": ("2026-08-11", "2026-08-20")}[language]
    used = {"start_day": first, "end_day": last}
    told = page.moved(visit, words, {**part, "last": "10", "state": "retired", "sure": "on", **used})
    shown = words.say("certificate.retired")
    assert words.say("certificate_move.done", serials=f"{registry} 1–10", state=shown) in told
    page.moved(visit, words, {**part, "first": "11", "last": "11", "state": "sold", "sure": "on"})
    assert desk.states(registry) == [(1, 10, "retired"), (11, 11, "sold"), (12, 60, "held"), (61, 100, "issued")]


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    ("act", "change", "finding", "of"),
    [
        ("entered", {"first": "90", "last": "110"}, "overlap", ("F 90-110", "F 1-100", "issued")),
        ("entered", {"first": "300", "last": "200"}, "no_range", ("F 300-200",)),
        ("entered", {"first": "200", "last": "300", "start_day": "2026-08-02"}, "no_vintage", ("F 200-300",)),
        ("entered", {"first": "200", "last": "300", "hour": "7"}, "hour_of_days", ("F 200-300",)),
        ("moved", {"first": "99", "last": "101", "state": "held"}, "not_entered", ("F 99-101", "1")),
        (
            "moved",
            {"first": "5", "last": "5", "state": "sold", "sure": "on"},
            "not_allowed",
            ("F 5-5", "issued", "sold"),
        ),
        (
            "moved",
            {"first": "5", "last": "5", "state": "retired", "sure": "on", "start_day": ""},
            "use_retire",
            ("F 5–5",),
        ),
        (
            "moved",
            {"registry": "R", "last": "99", "state": "retired", "sure": "on"},
            "beyond_use",
            ("R 1-99", "4.000"),
        ),
    ],
)
def test_what_may_not_be_is_told_in_the_language_of_the_page(
    desk: Desk, language: str, act: str, change: dict, finding: str, of: tuple[str, ...]
):
    words, visit = Words(language, ZoneInfo("Asia/Shanghai")), visit_as(desk, "carbon")
    if not desk.states("F"):
        page.entered(visit, words, {**TYPED, "registry": "F"})
    if change.get("registry") == "R":
        change |= {"start_day": "2027-01-01", "end_day": "2027-01-02"}
        if not desk.states("R"):
            page.entered(visit, words, {**TYPED, "registry": "R"})
            page.moved(visit, words, {**TYPED, "registry": "R", "state": "held"})
    before = desk.held()
    told = outcome(
        words, "certificate_move", partial(getattr(page, act), visit, words), {**TYPED, "registry": "F", **change}
    )
    template = words.say(f"certificate_finding.{finding}")
    assert 'role="alert"' in told
    assert all(words.known(f"certificate.{one}", one) in unescape(told) for one in of)
    fixed = max(re.split(r"\{\w+\}", template), key=len)
    assert fixed in unescape(told)
    assert desk.held() == before


def test_every_finding_has_its_sentence_in_both_languages():
    for language in ("en", "zh"):
        words = Words(language, ZoneInfo("Asia/Shanghai"))
        for finding in certificates.FINDINGS:
            assert words.say(f"certificate_finding.{finding}")
    raised = "".join(
        Path(str(module.__file__)).read_text("utf-8") for module in (certificates, retirement, register, board)
    )
    assert set(re.findall(r'CertificateError\(text, "(\w+)"', raised)) == set(certificates.FINDINGS)


@pytest.mark.parametrize("state", ["retired", "sold", "expired"])
def test_what_is_final_wants_a_yes_first(desk: Desk, state: str):
    words, visit = Words("en", ZoneInfo("Asia/Shanghai")), visit_as(desk, "carbon")
    with pytest.raises(LedgerError, match=f"{state} is final: tick"):
        page.moved(visit, words, {**TYPED, "registry": "F", "state": state})


@pytest.mark.parametrize(
    ("field", "value"), [("first", "0"), ("region", ""), ("kg_per_kwh", "11"), ("start_day", "soon")]
)
def test_what_cannot_be_read_names_its_field(desk: Desk, field: str, value: str):
    with pytest.raises(PlanError, match=f"^{field}: "):
        page.entered(visit_as(desk, "carbon"), Words("en", ZoneInfo("UTC")), {**TYPED, field: value})


@pytest.mark.parametrize("act", ["entered", "moved"])
def test_who_may_only_look_changes_nothing_by_the_forms_either(desk: Desk, act: str):
    words, before = Words("en", ZoneInfo("UTC")), desk.held()
    for role in ("viewer", "supplier:S-1", "energy"):
        asking = partial(getattr(page, act), visit_as(desk, role), words)
        told = outcome(words, "certificate_enter", asking, {**TYPED, "registry": "X", "state": "held"})
        assert f"role {role} may not approve carbon" in unescape(told)
    assert desk.held() == before


def test_the_forms_stand_on_the_page_of_who_may_act_alone(pages: Pages):
    for role, language, stands in (("admin", "en", True), ("carbon", "zh", True), ("viewer", "en", False)):
        told = pages.drawn("/zero-carbon", role, language)
        said = catalogue(language)
        assert (said["certificate_enter.about"] in told.text) is stands
        assert ('name="technology"' in told.html) is stands
        assert (said["certificate_move.sure"] in told.text) is stands
