"""Events received: the API and the page tell them newest first, and a supplier's people see their own alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from events_fixture import AT, LINK, SENT, enter_events, shipped
from page_fixture import MARK, Pages
from park_fixture import small_park

from parkwright.run.exchange import Partner
from parkwright.show.answers.genealogy import Lot, Part
from parkwright.show.answers.received import EventList, LotEvents, events, unit_events
from parkwright.show.pages.events import LISTED, events_card, lots_card
from parkwright.show.words import Words, catalogue
from parkwright.store.exchange import ExchangeDesk
from parkwright.store.received import EventBook
from parkwright.wire.received import EventBoard

ALL = ["", "boards-old", "boards", "panels"]
MINE = {"S-1": ["panels"], "S-2": ["boards-old", "boards"], "S-9": [], "": []}


def seen(pages: Pages, role: str | None, query: str = ""):
    return pages.get(f"/api/v1/carbon/events{query}", role)


def senders(answer) -> list[str]:
    assert answer.status_code == 200
    return [row["sender"] for row in answer.json()["rows"]]


def test_everybody_of_the_park_sees_all_newest_first(pages: Pages):
    answer = seen(pages, "viewer")
    assert senders(answer) == ALL
    assert answer.json()["total"] == 4
    assert [one["id"] for one in answer.json()["senders"]] == ["maker", *sorted(one for one, *_ in SENT)]
    row = answer.json()["rows"][-1]
    assert (row["at"], row["kind"], row["business_step"]) == ("2026-07-14T10:00:00Z", "ObjectEvent", "shipping")
    assert row["things"][0] == {"role": "epc", "thing": f"{LINK}/PA-1", "lot": "PA-1", "quantity": None, "unit": ""}
    assert (row["things_total"], row["in_error"], row["sender_name"]) == (2, False, f"panels {MARK}")


@pytest.mark.parametrize("supplier", MINE)
@pytest.mark.parametrize(
    "query", ["", "?limit=500", "?supplier_id=S-1", "?supplier=S-2", "?role=admin", "?sender=&lot="]
)
def test_a_supplier_sees_its_own_senders_alone_whatever_it_asks(pages: Pages, supplier: str, query: str):
    answer = seen(pages, f"supplier:{supplier}", query)
    assert senders(answer) == MINE[supplier]
    assert answer.json()["total"] == len(MINE[supplier])
    assert {one["id"] for one in answer.json()["senders"]} == set(MINE[supplier])


@pytest.mark.parametrize(
    "query", ["?sender=boards", "?lot=BO-1", "?sender=boards&lot=BO-1", "?lot=OW-1", "?sender=%25"]
)
def test_a_supplier_that_asks_for_anothers_events_gets_none_nor_their_number(pages: Pages, query: str):
    answer = seen(pages, "supplier:S-1", query).json()
    assert (answer["rows"], answer["total"]) == ([], 0)
    assert "boards" not in str(answer)


def test_a_visitor_gets_nothing(pages: Pages):
    assert seen(pages, None).status_code == 401


@pytest.mark.parametrize(
    ("query", "found"),
    [("?sender=panels", ["panels"]), ("?lot=BO-1", ["boards-old", "boards"]), ("?sender=boards&lot=BO-1", ["boards"]),
     ("?lot=none", []), ("?limit=2", ["", "boards-old"]), ("?lot=%27%20OR%201%3D1", [])],
)  # fmt: skip
def test_the_filter_finds_by_sender_and_lot_within_the_limit(pages: Pages, query: str, found: list[str]):
    assert senders(seen(pages, "viewer", query)) == found


@pytest.mark.parametrize("query", ["?limit=0", "?limit=501", f"?lot={'a' * 21}", f"?sender={'a' * 101}"])
def test_what_is_beyond_the_bounds_is_refused(pages: Pages, query: str):
    assert seen(pages, "viewer", query).status_code == 422


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> EventList:
    url = f"sqlite:///{tmp_path_factory.mktemp('card') / 'operations.db'}"
    enter_events(url, "A & B")
    return events(EventBoard(url), None, "", "", LISTED)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_card_tells_every_event_in_words(language: str, whole: EventList):
    words, told = Words(language, ZoneInfo("Asia/Shanghai")), catalogue(language)
    html = events_card(words, whole, "", "", AT)
    assert html.count("<tr>") == 5
    assert html.count(told["event_step.shipping"]) == 3
    assert html.count(told["event_kind.ObjectEvent"]) == 4
    assert told["events.park"] in html
    assert "A &amp; B" in html
    assert "/01/04012345123456/10/PA-1" in html
    assert "2026-07-15 18:00" in html
    assert told["events.in_error"] not in html


def test_an_error_more_things_and_more_events_are_told(whole: EventList):
    words, told = Words("en", ZoneInfo("Asia/Shanghai")), catalogue("en")
    first, second, *others = whole.rows
    rows = [first.model_copy(update={"in_error": True, "things_total": 1200}),
            second.model_copy(update={"in_error": True, "declares_error": True}), *others]  # fmt: skip
    rows[2] = rows[2].model_copy(update={"hash_differs": True})
    html = events_card(words, whole.model_copy(update={"rows": rows, "total": 60}), "", "", AT)
    assert html.count(f">{told['events.hash_differs']}<") == 1
    assert html.count(f">{told['events.in_error']}<") == 1
    assert html.count(f">{told['events.declares_error']}<") == 1
    assert words.say("events.and_more", n=words.whole(1198)) in html
    assert words.say("events.more", n=4) in html
    assert words.say("events.more", n=4) not in events_card(words, whole, "", "", AT)


def test_nothing_received_says_what_to_do_first_and_nothing_found_leads_back():
    words, told = Words("en", ZoneInfo("Asia/Shanghai")), catalogue("en")
    nothing = EventList(total=0, senders=[], rows=[])
    assert "carbon import" in events_card(words, nothing, "", "", AT)
    assert told["events.none_own"] in events_card(words, nothing, "", "", AT, own=True)
    sought = events_card(words, nothing, "", 'x"><b>', AT)
    assert told["events.nothing"] in sought
    assert 'href="/requests"' in sought
    assert "<b>" not in sought.replace("<b>No such", "")


def test_the_page_shows_each_role_its_events_and_marks_no_planted_text(pages: Pages):
    shown = pages.drawn("/requests?lot=BO-1")
    assert shown.html.count("BO-1") >= 3
    assert "PA-1" not in shown.html
    own = pages.drawn("/requests", role="supplier:S-1")
    assert "PA-1" in own.html
    assert "BO-1" not in own.html
    assert 'name="sender"' not in own.html
    assert MARK not in shown.html
    assert [piece for piece in shown.pieces if piece.planted] == []
    assert catalogue("en")["events.none_own"] in pages.drawn("/requests", role="supplier:S-9").text


def lots_of(part) -> list[dict[str, str]]:
    return [*part["lots"], *(lot for inner in part["parts"] for lot in lots_of(inner))]


def test_a_passport_tells_what_the_suppliers_of_its_lots_told_and_did_not_take_back(pages: Pages):
    for row in pages.get("/api/v1/passports?limit=50").json()["rows"]:
        path = f"/api/v1/passports/{row['unit_id']}"
        lots = lots_of(pages.get(f"{path}/genealogy").json())
        if lots:
            break
    lot, page = lots[0], f"/passport/{row['unit_id']}"
    title = catalogue("en")["events.of_lots"]
    assert pages.get(f"{path}/events").json() == {"lots": []}
    assert title not in pages.drawn(page).text
    supplier = pages.park.material[lot["material_id"]].supplier_id
    with ExchangeDesk(pages.url) as desk:
        desk.register(Partner("its", f"Its {MARK}", supplier_id=supplier), None, AT)
        desk.register(Partner("other", "Other", supplier_id=f"not-{supplier}"), None, AT)
        desk.register(Partner("none", "None"), None, AT)
    good, wrong = (shipped(name, lot["lot_id"], MARK) for name in ("good", "wrong"))
    late = replace(
        shipped("late", lot["lot_id"], MARK), at=AT.replace(hour=12), business_step="arriving", hash_differs=True
    )
    with EventBook(pages.url) as book:
        ann = book.add_user("Ann", "carbon", AT)
        book.enter("its", [good, wrong, replace(wrong, wrong=True), late, shipped("else", "else", MARK)], ann, AT)
        for sender in ("other", "none", ""):
            book.enter(sender, [good], ann, AT)
    (told,) = pages.get(f"{path}/events").json()["lots"]
    assert (told["lot_id"], told["material_id"]) == (lot["lot_id"], lot["material_id"])
    assert [(one["sender"], one["event_id"]) for one in told["rows"]] == [
        ("its", "urn:uuid:late"), ("its", "urn:uuid:good"),
    ]  # fmt: skip
    shown = pages.drawn(page)
    assert title in shown.text
    assert "arriving" in shown.text
    assert [one["hash_differs"] for one in told["rows"]] == [True, False]
    assert shown.text.count(catalogue("en")["events.hash_differs"]) == 1
    assert [piece for piece in shown.pieces if piece.planted] == []
    assert told["gtin"] is None
    assert pages.get(f"{path}/events", "supplier:S-1").status_code == 403
    assert pages.get(f"{path}/events", None).status_code == 401
    assert pages.get("/api/v1/passports/U/events").status_code == 404


def test_a_lot_is_told_of_by_whoever_names_its_trade_item_number(tmp_path: Path):
    """SENT has lot BO-1 of supplier S-2 and PA-1 of S-1, both under one trade item number."""
    url = f"sqlite:///{tmp_path / 'operations.db'}"
    enter_events(url, "x")
    board = EventBoard(url)
    number, other = LINK.split("/")[-2], "09520000000011"
    keys = {("S-9", "BO-1", number), ("S-2", "BO-1", None), ("S-2", "BO-1", other), ("S-1", "OW-1", number)}
    told = {key: [row["sender"] for row in rows] for key, rows in board.of_lots(keys).items()}
    assert told == {
        ("S-9", "BO-1", number): ["boards-old", "boards"],
        ("S-2", "BO-1", None): ["boards-old", "boards"],
        ("S-1", "OW-1", number): [""],
    }


def test_the_card_of_lots_says_which_item_it_is_and_that_the_park_itself_read_an_event_in(whole: EventList):
    lot = {"lot_id": "L", "material_id": "M", "name_en": "A", "name_zh": "B", "supplier_en": "C", "supplier_zh": "D"}
    words = Words("en", ZoneInfo("Asia/Shanghai"))
    html = lots_card(words, [LotEvents(**lot, gtin="04012345123456", rows=whole.rows)], AT)
    assert html.count(words.say("events.park")) == 1
    assert html.count("boards-old A &amp; B") == 1
    assert "GTIN 04012345123456" in html
    assert "GTIN" not in lots_card(words, [LotEvents(**lot, gtin=None, rows=whole.rows)], AT)


def test_the_key_of_a_lot_holds_the_trade_item_number_of_its_material():
    asked = set()

    class Asked:
        def of_lots(self, lots):
            asked.update(lots)
            return {lot: [] for lot in lots}

    park = small_park()
    first, *_ = park.materials
    numbered = replace(park, materials=(first.model_copy(update={"gtin": "04012345123456"}),))
    lot = Lot(lot_id="L-7", material_id=first.id, name_en="", name_zh="", supplier_en="", supplier_zh="", position="p")
    tree = Part(unit_id="u", position="", built_in_at=None, from_stock=False, passages=[], lots=[lot], parts=[])
    (found,) = unit_events(Asked(), numbered, tree).lots
    assert asked == {(first.supplier_id, "L-7", "04012345123456")}
    assert found.gtin == "04012345123456"
