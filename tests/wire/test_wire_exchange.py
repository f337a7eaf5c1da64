"""The exchange by command: declare from a closed day, share, ask a supplier, check, use; what is wrong is said."""

from __future__ import annotations

import json
import shutil
import ssl
import subprocess
import threading
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import declared_passport
import polars as pl
import pytest
from book_fixture import FOOTPRINT, with_book
from declared import IDS, d, declared
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from parkwright import cli
from parkwright.carbon import own
from parkwright.carbon.declaration import issued
from parkwright.carbon.footprint import Sourcing
from parkwright.carbon.own import Gtin
from parkwright.connect import catenax, catenax_passport, digital_link
from parkwright.connect.pact_wire import from_wire
from parkwright.connect.pact_wire2 import from_wire2
from parkwright.model.errors import LedgerError, ParkwrightError
from parkwright.run.exchange import DeliveryError, Fulfilled, Partner, receive
from parkwright.run.ports import Batch
from parkwright.show.answers.declarations import declarations
from parkwright.show.answers.requests import requests
from parkwright.store import folder, new
from parkwright.store.journal import Journal
from parkwright.wire import exchange, exchange_server, exports, footprint, received
from parkwright.wire.accounts import opened as accounts_opened
from parkwright.wire.declaration_board import DeclarationBoard
from parkwright.wire.places import Places
from parkwright.wire.request_board import RequestBoard

DAY = date(2026, 7, 15)
ISO = DAY.isoformat()
AT = datetime(2026, 8, 1, tzinfo=UTC)
IDENTITY = """
company_name = "Small park"
company_ids = ["urn:x:company:small"]
product_urn = "urn:x:product:"
material_urn = "urn:x:material:"
country = "CN"
fossil_carbon_share = "0.1"
region = "Eastern Asia"
manufacturer_id = "BPNL00000000SM00"
street = "Road 1"
postal_code = "300000"
city = "Tianjin"
subdivision = "CN-TJ"
classifications = ["urn:x:class:4522"]
basis = "assumed: a test"
"""
SOURCING = f"""{",".join(Sourcing.model_fields)}
{
    ",".join(
        {
            "material_id": "BOX",
            "origin": "average",
            "mass_kg": "0.25",
            "distance_km": "0",
            "freight_factor_id": "",
            "group": "",
            "cv": "0.3",
            "basis": "assumed: a test",
        }.get(name, "0" if "share" in name else "3")
        for name in Sourcing.model_fields
    )
}
"""
SUPPLIER = Partner("supplier", "Supplier", callback_url="https://supplier.example", supplier_id="S-2")
MATERIAL = "CASE-A"
ROLES = {"parents": "parent", "epcList": "epc", "childEPCs": "child"}


@pytest.fixture(scope="module")
def closed(closed_day: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A small park that has a name for partners, and the var folder of a ledger with one closed day."""
    identity = IDENTITY + declared_passport.TEXT
    book = {"inventory.toml": FOOTPRINT, "exchange.toml": identity, "sourcing.csv": SOURCING}
    return with_book(closed_day, tmp_path_factory.mktemp("exchange") / "home", book)


@pytest.fixture
def place(closed: tuple[Path, Path], tmp_path: Path) -> tuple[Path, Path]:
    """A copy that a test may change."""
    return closed[0], Path(shutil.copytree(closed[1], tmp_path / "var"))


@pytest.fixture
def desk(place: tuple[Path, Path]):
    with exchange.opened(folder.load(place[0]), *place, AT) as found:
        yield found


def parkwright(place: tuple[Path, Path], *words: object):
    done = CliRunner().invoke(cli.app, ["carbon", *map(str, words), "--var", str(place[1]), "--json"])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def product_of(desk) -> str:
    return next(one.id for one in desk.park.products if one.kind == "finished")


def test_a_declaration_is_the_products_footprint_per_piece(desk):
    answer = exchange.declare_answer(desk, (), DAY, DAY)
    assert (answer["from"], answer["to"]) == (ISO, ISO)
    for told in answer["declared"]:
        one = desk.desk.declaration(told["id"])
        assert issued(one) is one
        with accounts_opened(desk.park, desk.park_dir, desk.var) as accounts:
            ground = footprint.ground(accounts, [ISO])
            found = footprint.product_footprint(accounts, ground, one.product_ids[0].rsplit(":", 1)[-1])
        assert abs(one.total_kg - d(str(found.total_ug)) / found.units / 10**9) < d("0.00001")
        assert one.primary_share_percent > 0
        assert one.country == "CN"


def test_the_board_behind_the_page_declares_and_lists_as_the_commands_do(desk):
    board = DeclarationBoard(desk.park, desk.park_dir, desk.var, desk.identity)
    product = product_of(desk)
    (first,) = board.declare([product], (DAY, DAY))["declared"]
    (second,) = board.declare([product], (DAY, DAY))["declared"]
    found = declarations(board, desk.park, product)
    assert [(one.id, one.status, one.replaces) for one in found.rows] == [
        (second["id"], "active", [first["id"]]), (first["id"], "deprecated", []),
    ]  # fmt: skip
    assert board.declarations(None) == exchange.declarations_answer(desk, None)["declarations"]
    desk.desk.register(Partner("reader", "Reader"), None, AT)
    assert desk.desk.addressed_to("reader") == []
    with pytest.raises(LedgerError, match="no closed day"):
        board.declare([], (date(2020, 1, 1), date(2020, 1, 2)))


def test_declaring_again_makes_a_new_version(desk):
    product = product_of(desk)
    (first,) = exchange.declare_answer(desk, (product,), DAY, DAY)["declared"]
    later = replace(desk, now=AT + timedelta(hours=1))
    (second,) = exchange.declare_answer(later, (product,), DAY, DAY)["declared"]
    assert second["replaces"] == [first["id"]]
    found = exchange.declarations_answer(desk, product)["declarations"]
    assert [(one["status"], one["versions_before"]) for one in found] == [("deprecated", []), ("active", [first["id"]])]


@pytest.mark.parametrize(("edition", "read"), [("3", from_wire), ("2", from_wire2)])
def test_a_declaration_is_written_as_pact(desk, edition, read):
    (told,) = exchange.declare_answer(desk, (product_of(desk),), DAY, DAY)["declared"]
    assert abs(read(exchange.written(desk, told["id"], edition)).total_kg - d(told["kg_per_declared_unit"])) < d("1e-9")
    with pytest.raises(LedgerError, match="there is none"):
        exchange.written(desk, IDS[1], edition)


def test_a_suppliers_footprint_in_use_changes_the_next_declaration_exactly(desk):
    product = product_of(desk)
    exchange.register_answer(desk, SUPPLIER, None)
    before = d(exchange.declare_answer(desk, (product,), DAY, DAY)["declared"][0]["kg_per_declared_unit"])
    quantity = sum(
        d(str(one.quantity)) for one in desk.park.bill if (one.product_id, one.component_id) == (product, MATERIAL)
    )
    assert quantity > 0
    unit = next(unit for unit, made in passport_units(desk) if made == product)
    unit_before = desk.shelf.unit(unit).footprint_kg
    drafted = exchange.draft_answer(desk, MATERIAL, timedelta(days=30))
    sent = exchange.send_answer(desk, drafted["id"])
    assert sent["state"] == "sent"
    old = d(str(desk.park.material[MATERIAL].footprint_kg_per_unit))
    figure = old / 2
    one = declared(total_kg=figure, net_kg=figure, parts={"fossil": figure}, fossil_carbon_kg=d("0"))
    receive(desk.desk, SUPPLIER, Fulfilled("a", drafted["id"], (one,)), "3", AT)
    checked = exchange.check_answer(desk, drafted["id"])
    assert (checked["state"], checked["doubts"]) == ("validated", [])
    used = exchange.use_answer(desk, drafted["id"])
    assert (used["state"], d(used["kg_per_unit"])) == ("in_use", figure)
    after = d(exchange.declare_answer(desk, (product,), DAY, DAY)["declared"][0]["kg_per_declared_unit"])
    with accounts_opened(desk.park, desk.park_dir, desk.var) as accounts:
        rows = accounts.finished([ISO]).filter(pl.col("product_id") == product)
        consumed = d(int(rows["material_ug"].sum())) / accounts.bills(ISO)[product] / int(rows["units"].sum())
    assert 1 <= consumed < d("1.1")  # with the scrap of its lots
    assert abs(after - before + consumed * quantity * (old - figure)) < d("0.000002")
    assert desk.shelf.unit(unit).footprint_kg - unit_before == -quantity * (old - figure)
    moves = exchange.request_answer(desk, drafted["id"])["moves"]
    assert [move["to"] for move in moves] == ["draft", "sent", "fulfilled", "validated", "in_use"]


def counted_in(desk, unit: str):
    """The exchange after the park has changed the unit of the material."""
    changed = [one.model_copy(update={"unit": unit}) if one.id == MATERIAL else one for one in desk.park.materials]
    return replace(desk, park=replace(desk.park, materials=changed))


def test_a_unit_that_is_changed_under_a_suppliers_figure_is_never_silent(desk):
    exchange.register_answer(desk, SUPPLIER, None)
    url = Places(desk.var, desk.park.site.park_id).operations_url
    drafted = exchange.draft_answer(desk, MATERIAL, timedelta(days=30))["id"]
    exchange.send_answer(desk, drafted)
    figure = d(str(desk.park.material[MATERIAL].footprint_kg_per_unit))
    one = declared(total_kg=figure, net_kg=figure, parts={"fossil": figure}, fossil_carbon_kg=d("0"), mass_kg=d("0.5"))
    receive(desk.desk, SUPPLIER, Fulfilled("a", drafted, (one,)), "3", AT)
    exchange.check_answer(desk, drafted)
    metres, weighed = counted_in(desk, "m"), counted_in(desk, "kg")
    with pytest.raises(LedgerError, match=f"per piece and material {MATERIAL} is counted in m; reject it"):
        exchange.use_answer(metres, drafted)
    with pytest.raises(LedgerError, match="is counted in m; reject it"):
        RequestBoard(metres.park, url, metres.identity).use(drafted, "ann")
    exchange.use_answer(desk, drafted)
    assert exchange.request_answer(desk, drafted)["doubts"] == []
    (doubt,) = exchange.request_answer(weighed, drafted)["doubts"]
    assert (doubt["level"], doubt["thing"]) == ("warning", "unit")
    assert "converted by its mass of 0.5 kg" in doubt["found"]
    (doubt,) = exchange.request_answer(metres, drafted)["doubts"]
    assert (doubt["level"], doubt["found"].partition(";")[0]) == ("refused", "piece does not convert to m")
    (row,) = RequestBoard(metres.park, url, metres.identity).requests(None)["rows"]
    assert (row["counted_kg"], [each["level"] for each in row["doubts"]]) == (None, ["refused"])
    with pytest.raises(LedgerError, match="ask the supplier for that unit"):
        own.supplied(metres.park, desk.desk.in_use(), ISO)


def test_a_figure_far_from_the_one_in_use_is_doubted(desk):
    exchange.register_answer(desk, SUPPLIER, None)
    drafted = exchange.draft_answer(desk, MATERIAL, timedelta(days=30))
    exchange.send_answer(desk, drafted["id"])
    figure = d(str(desk.park.material[MATERIAL].footprint_kg_per_unit)) * 1000
    one = declared(total_kg=figure, net_kg=figure, parts={"fossil": figure}, fossil_carbon_kg=d("0"))
    receive(desk.desk, SUPPLIER, Fulfilled("a", drafted["id"], (one,)), "3", AT)
    found = exchange.check_answer(desk, drafted["id"])
    assert [one["thing"] for one in found["doubts"]] == ["total"]
    rejected = exchange.reject_answer(desk, drafted["id"], "grams for kilograms")
    assert (rejected["state"], rejected["note"]) == ("rejected", "grams for kilograms")


def test_who_is_late_is_reminded(desk):
    exchange.register_answer(desk, SUPPLIER, None)
    drafted = exchange.draft_answer(desk, MATERIAL, timedelta(days=1))
    exchange.send_answer(desk, drafted["id"])
    assert exchange.remind_answer(desk) == {"reminded": []}
    late = replace(desk, now=AT + timedelta(days=2))
    assert exchange.requests_answer(late, "sent")["requests"][0]["reminder_due"] is True
    (reminded,) = exchange.remind_answer(late)["reminded"]
    assert (reminded["reminders"], reminded["reminder_due"]) == (1, False)


def test_the_board_shows_each_request_with_its_answer_and_a_supplier_its_own(desk, place):
    exchange.register_answer(desk, SUPPLIER, None)
    supplier_id = desk.park.material[MATERIAL].supplier_id
    drafted = exchange.draft_answer(desk, MATERIAL, timedelta(days=30))
    exchange.send_answer(desk, drafted["id"])
    board = RequestBoard(desk.park, Places(place[1], desk.park.site.park_id).operations_url, desk.identity)
    (waiting,) = board.requests(None)["rows"]
    assert (waiting["state"], waiting["kg_per_unit"], waiting["doubts"]) == ("sent", None, [])
    figure = d(str(desk.park.material[MATERIAL].footprint_kg_per_unit)) * 1000
    one = declared(total_kg=figure, net_kg=figure, parts={"fossil": figure}, fossil_carbon_kg=d("0"))
    receive(desk.desk, SUPPLIER, Fulfilled("a", drafted["id"], (one,)), "3", AT)
    found = board.requests(None)
    (answered,) = found["rows"]
    assert (answered["kg_per_unit"], answered["counted_kg"]) == (float(figure), float(figure) / 1000)
    assert [doubt["thing"] for doubt in answered["doubts"]] == ["total"]
    assert (found["open"], found["to_check"], found["suppliers_answered"]) == (0, 1, 1)
    assert exchange.check_answer(desk, drafted["id"])["doubts"] == answered["doubts"]
    (own,) = board.requests(supplier_id)["rows"]
    assert own == {**board.requests(None)["rows"][0], "counted_kg": None, "doubts": []}
    assert board.requests("")["rows"] == board.requests("S-other")["rows"] == []
    assert requests(board, None).rows[0].supplier_id == supplier_id


def test_the_board_decides_as_the_commands_do(desk, place):
    exchange.register_answer(desk, SUPPLIER, None)
    drafted = exchange.draft_answer(desk, MATERIAL, timedelta(days=30))
    exchange.send_answer(desk, drafted["id"])
    board = RequestBoard(desk.park, Places(place[1], desk.park.site.park_id).operations_url, desk.identity)
    with pytest.raises(LedgerError, match="cannot become in_use"):
        board.use(drafted["id"], "ann")
    figure = d(str(desk.park.material[MATERIAL].footprint_kg_per_unit))
    one = declared(total_kg=figure, net_kg=figure, parts={"fossil": figure}, fossil_carbon_kg=d("0"))
    receive(desk.desk, SUPPLIER, Fulfilled("a", drafted["id"], (one,)), "3", AT)
    assert exchange.check_answer(desk, drafted["id"])["state"] == "validated"
    board.use(drafted["id"], "ann")
    assert desk.desk.in_use()[MATERIAL].total_kg == figure
    assert exchange.request_answer(desk, drafted["id"])["moves"][-1]["by"] == "ann"
    again = exchange.draft_answer(desk, MATERIAL, timedelta(days=-1))
    exchange.send_answer(desk, again["id"])
    assert (board.remind(), board.remind()) == (1, 0)
    receive(desk.desk, SUPPLIER, Fulfilled("b", again["id"], (replace(one, id=IDS[1]),)), "3", AT)
    board.reject(again["id"], "the period is missing", "ann")
    assert exchange.request_answer(desk, again["id"])["state"] == "rejected"


def test_the_board_drafts_and_sends_as_the_commands_do(desk, place):
    url, within = Places(place[1], desk.park.site.park_id).operations_url, timedelta(days=30)
    board, nameless = RequestBoard(desk.park, url, desk.identity), RequestBoard(desk.park, url, None)
    supplier_id = desk.park.material[MATERIAL].supplier_id
    assert board.requests(None)["to_ask"] == []
    with pytest.raises(LedgerError, match="is no partner; register it"):
        board.draft(MATERIAL, within, "ann")
    exchange.register_answer(desk, SUPPLIER, None)
    theirs = {one.id for one in desk.park.materials if one.supplier_id == supplier_id}
    assert {one["material_id"] for one in board.requests(None)["to_ask"]} == theirs >= {MATERIAL}
    assert board.requests(supplier_id)["to_ask"] == board.requests("S-other")["to_ask"] == []
    board.draft(MATERIAL, within, "ann")
    with pytest.raises(LedgerError, match="is open; finish that one"):
        board.draft(MATERIAL, within, "ann")
    with pytest.raises(LedgerError, match=r"is not in materials\.csv"):
        board.draft("none", within, "ann")
    found = board.requests(None)
    assert {one["material_id"] for one in found["to_ask"]} == theirs - {MATERIAL}
    (row,) = found["rows"]
    assert (row["state"], round((row["due"] - row["changed"]) / timedelta(days=1))) == ("draft", 30)
    with pytest.raises(LedgerError, match=r"exchange\.toml: is missing"):
        nameless.send(row["id"], "ann")
    later = datetime.now(UTC) + timedelta(days=1)
    assert desk.desk.waiting(later) == []
    board.send(row["id"], "ann")
    (message,) = desk.desk.waiting(later)
    assert message.partner.id == SUPPLIER.id
    assert f"{desk.identity.material_urn}{MATERIAL}".lower() in str(message.message).lower()
    moves = exchange.request_answer(desk, row["id"])["moves"]
    assert [(one["to"], one["by"]) for one in moves] == [("draft", "ann"), ("sent", "ann")]
    with pytest.raises(LedgerError, match="is sent and cannot become sent"):
        board.send(row["id"], "ann")


def test_a_suppliers_people_sign_in_once_and_as_that_supplier(desk):
    exchange.register_answer(desk, SUPPLIER, None)
    invited = exchange.invite_answer(desk, "supplier")
    token = invited["open"].removeprefix("/sign-in/").partition("?")[0]
    session = desk.desk.redeem(token, AT)
    assert desk.desk.session_user(session, AT)[2] == f"supplier:{SUPPLIER.supplier_id}"
    assert desk.desk.redeem(token, AT) is None
    exchange.register_answer(desk, Partner("buyer", "Buyer"), None)
    with pytest.raises(LedgerError, match="is no supplier"):
        exchange.invite_answer(desk, "buyer")


def test_what_cannot_be_done_is_said(desk):
    for act, match in (
        (lambda: exchange.draft_answer(desk, "nothing", timedelta(1)), "is not in materials"),
        (lambda: exchange.draft_answer(desk, MATERIAL, timedelta(1)), "is no partner"),
        (lambda: exchange.declare_answer(desk, ("nothing",), DAY, DAY), "no unit|no passport|is not made"),
        (lambda: exchange.declare_answer(desk, (), date(2020, 1, 1), date(2020, 1, 2)), "no closed day"),
        (lambda: exchange.register_answer(desk, Partner("a", "A", supplier_id="S-9"), None), "is not in suppliers"),
        (lambda: exchange.address_answer(desk, "a", ("nothing",)), "no product and no declared"),
        (lambda: exchange.address_answer(desk, "nobody", (product_of(desk),)), "not registered"),
        (lambda: exchange.secret_of("MISSING", {}), "is not set"),
    ):
        with pytest.raises(LedgerError, match=match):
            act()
    with pytest.raises(ParkwrightError, match="is not https"):
        exchange.register_answer(desk, Partner("a", "A", callback_url="http://a.example"), None)


def test_a_park_without_a_name_for_partners_has_no_exchange(closed, tmp_path):
    new.write_park(tmp_path / "bare", "SM")
    with (
        pytest.raises(LedgerError, match="is missing"),
        exchange.opened(folder.load(tmp_path / "bare"), tmp_path / "bare", closed[1]),
    ):
        pass


@pytest.mark.slow
def test_the_commands_give_the_same_answers(place: tuple[Path, Path]):
    park_dir = place[0]
    made = parkwright(place, "declare", park_dir, "--from", ISO, "--to", ISO)["declared"]
    listed = parkwright(place, "declarations", park_dir)["declarations"]
    assert {one["id"] for one in listed} == {one["id"] for one in made}
    added = parkwright(place, "partner", "add", park_dir, "buyer", "--name", "Buyer", "--company", "urn:x:b")
    assert len(added["client_secret"]) >= 32
    product = listed[0]["product"].rsplit(":", 1)[-1]
    shared = parkwright(place, "partner", "share", park_dir, "buyer", product, listed[0]["id"])
    assert shared["sees"] == sorted([product, listed[0]["id"]])
    assert parkwright(place, "partner", "share", park_dir, "buyer", "all")["added"]
    assert parkwright(place, "partner", "withdraw", park_dir, "buyer", product)["withdrawn"] == [product]
    (partner,) = parkwright(place, "partner", "list", park_dir)["partners"]
    assert (partner["client_id"], "client_secret" in partner) == ("buyer", False)
    parkwright(place, "partner", "add", park_dir, "sup", "--name", "S", "--supplier", "S-2", "--edition", "2")
    drafted = parkwright(place, "request", "draft", park_dir, MATERIAL, "--days", "5")
    assert parkwright(place, "request", "send", park_dir, drafted["id"])["state"] == "sent"
    assert parkwright(place, "request", "show", park_dir, drafted["id"])["moves"][-1]["to"] == "sent"
    assert [one["id"] for one in parkwright(place, "request", "list", park_dir, "--state", "sent")["requests"]] == [
        drafted["id"]
    ]
    assert parkwright(place, "request", "remind", park_dir) == {"reminded": []}
    assert parkwright(place, "partner", "revoke", park_dir, "buyer") == {"revoked": "buyer"}


@pytest.mark.parametrize(
    ("words", "match"),
    [
        (("partner", "add", "{park}", "a", "--name", "A", "--edition", "4"), "write 3 or 2"),
        (("partner", "add", "{park}", "a", "--name", "A", "--secret-env", "MISSING_VARIABLE"), "is not set"),
        (("request", "check", "{park}", "nothing"), "there is none"),
        (("request", "use", "{park}", "nothing"), "there is none"),
        (("request", "reject", "{park}", "nothing", "--reason", "x"), "there is none"),
        (("serve", "{park}"), "plain HTTP is refused"),
        (("serve", "{park}", "--certificate", "a.pem", "--key", "b.pem"), "cannot be used"),
    ],
)
def test_a_wrong_command_ends_with_a_line_and_exit_code_2(place, words, match):
    line = [word.format(park=place[0]) for word in words]
    done = CliRunner().invoke(cli.app, ["carbon", *line, "--var", str(place[1])])
    assert done.exit_code == 2
    assert match in done.output


def test_certificates_that_cannot_be_read_are_said(tmp_path):
    bad = tmp_path / "bad.pem"
    bad.write_text("no certificate")
    with pytest.raises(ParkwrightError, match="give a PEM file"):
        exchange_server.trusting(bad)
    with pytest.raises(ParkwrightError, match="give a PEM file"):
        exchange_server.trusting(tmp_path / "missing.pem")
    assert isinstance(exchange_server.trusting(None), ssl.SSLContext)


def test_a_pair_that_fits_is_taken(tmp_path):
    certificate, key = tmp_path / "c.pem", tmp_path / "k.pem"
    words = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"]
    subprocess.run(["openssl", *words, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    assert exchange_server.checked_pair(certificate, key) == (certificate, key)
    with pytest.raises(ParkwrightError, match="cannot be used"):
        exchange_server.checked_pair(certificate, certificate)


class Carrier:
    """A courier that hands the answer of a supplier back at once, or fails."""

    def __init__(self, desk=None) -> None:
        self.desk = desk

    def deliver(self, waiting) -> None:
        if self.desk is None:
            raise DeliveryError("not reached")
        self.desk.answer_request("supplier", Fulfilled("a", waiting.message.event_id, (declared(amount=d("0")),)), AT)


def test_a_round_of_the_post_delivers_checks_and_rejects_what_cannot_be_used(desk):
    exchange.register_answer(desk, SUPPLIER, None)
    drafted = exchange.draft_answer(desk, MATERIAL, timedelta(days=30))
    exchange.send_answer(desk, drafted["id"])
    assert exchange_server.one_round(desk.desk, desk.park, Carrier(), desk.by, AT) == (0, 1)
    later = AT + timedelta(minutes=5)
    assert exchange_server.one_round(desk.desk, desk.park, Carrier(desk.desk), desk.by, later) == (1, 0)
    found = exchange.request_answer(desk, drafted["id"])
    assert found["state"] == "rejected"
    assert "amount is 0" in found["note"]


def test_rounds_go_on_after_an_error_and_end_when_told(desk, monkeypatch):
    monkeypatch.setattr(exchange_server, "ROUND_S", 0.0)
    said, ended = [], threading.Event()

    def say(text: str) -> None:
        said.append(text)
        if len(said) == 2:
            ended.set()

    def fail(*_args):
        raise LedgerError("the database is away")

    monkeypatch.setattr(exchange_server, "one_round", fail)
    exchange_server.post_rounds(desk.desk, desk.park, Carrier(), ended, say)
    assert said == ["the database is away"] * 2


def test_serving_hands_uvicorn_the_certificate_and_this_machine_alone(desk, monkeypatch, tmp_path):
    given = {}
    monkeypatch.setattr(exchange_server, "checked_pair", lambda certificate, key: (certificate, key))
    monkeypatch.setattr(exchange_server.uvicorn, "run", lambda app, **options: given.update(options, app=app))
    said = []
    exchange_server.serve(desk, exchange_server.Served(tmp_path / "c", tmp_path / "k"), said.append)
    assert (given["host"], given["port"]) == ("127.0.0.1", 9443)
    assert given["ssl_certfile"] == str(tmp_path / "c")
    assert said == ["Exchange of Small park: https://127.0.0.1:9443"] or said[0].endswith("https://127.0.0.1:9443")
    door = TestClient(given["app"], base_url="https://park.example")
    assert [door.get(path).status_code for path in ("/3/footprints", "/api/v3.0/shells", "/epcis/capture/1")] == [
        401
    ] * 3
    assert door.post("/epcis/capture", json={}).headers["content-type"] == "application/problem+json"


def passport_units(desk) -> list[tuple[str, str]]:
    with accounts_opened(desk.park, desk.park_dir, desk.var) as accounts:
        return accounts.read("passports", ISO).select("unit_id", "product_id").unique(maintain_order=True).rows()


@pytest.mark.parametrize("form", exports.DECLARED)
def test_declarations_are_written_one_file_each(desk, tmp_path, form):
    made = exchange.declare_answer(desk, (), DAY, DAY)["declared"]
    found = exports.write(desk, form, tmp_path / "out", DAY, DAY, ())
    assert found["files"] == len(made)
    for told in made:
        message = json.loads((tmp_path / "out" / f"{told['product'].rsplit(':', 1)[-1]}.json").read_text())
        assert told["id"] in json.dumps(message)


@pytest.mark.slow
@pytest.mark.parametrize("form", exports.UNITS)
def test_units_are_written_one_file_each_or_those_that_are_named(desk, tmp_path, form):
    units = [unit for unit, _ in passport_units(desk)]
    found = exports.write(desk, form, tmp_path / "some", DAY, DAY, tuple(units[:3]))
    assert sorted(path.stem for path in (tmp_path / "some").iterdir()) == sorted(units[:3])
    assert found["files"] == 3
    assert exports.write(desk, form, tmp_path / "all", DAY, DAY, ())["files"] == len(units)


def test_a_units_bill_and_events_are_what_the_ledger_says(desk, tmp_path):
    unit, product = passport_units(desk)[0]
    with accounts_opened(desk.park, desk.park_dir, desk.var) as accounts:
        steps = accounts.read("passages", ISO).filter(pl.col("unit_id") == unit)
        parts = accounts.read("assemblies", ISO).filter(pl.col("unit_id") == unit)["component_id"].to_list()
    for form in ("epcis", "catenax-bom-as-built"):
        exports.write(desk, form, tmp_path / form, DAY, DAY, (unit,))
    events = json.loads((tmp_path / "epcis" / f"{unit}.json").read_text())["epcisBody"]["eventList"]
    assert len(events) == steps.height + len(parts) + 1
    assert events[-1]["epcList"] == [f"urn:x:product:{product}:{unit}"]
    for one in events:
        one["parents"] = [one[name] for name in ("parentID",) if name in one]
    told = received.import_answer(desk, tmp_path / "epcis" / f"{unit}.json", None)
    assert (told["events"], told["new"]) == (len(events), len(events))
    facts = [(one["at"], one["business_step"], [(each["role"], each["thing"]) for each in one["things"]])
             for one in received.events_answer(desk, "", None)["events"]]  # fmt: skip
    assert sorted(facts) == sorted(
        (datetime.fromisoformat(one["eventTime"]).astimezone(UTC).isoformat(), one["bizStep"],
         [(role, name) for field, role in ROLES.items() for name in one.get(field, [])])
        for one in events
    )  # fmt: skip
    bill = json.loads((tmp_path / "catenax-bom-as-built" / f"{unit}.json").read_text())
    assert [one["globalAssetId"] for one in bill["childItems"]] == [catenax.asset_id("SM", part) for part in parts]


def test_a_product_passport_holds_what_the_ledger_says_and_a_correction_raises_its_version(desk, tmp_path):
    unit, product = passport_units(desk)[0]
    exports.write(desk, "catenax-dpp", tmp_path / "dpp", DAY, DAY, (unit,))
    told = json.loads((tmp_path / "dpp" / f"{unit}.json").read_text())
    one = desk.shelf.unit(unit)
    with accounts_opened(desk.park, desk.park_dir, desk.var) as accounts:
        jobs = accounts.read("passages", ISO).filter(pl.col("unit_id") == unit)["job_id"].unique().to_list()
        parts = accounts.read("assemblies", ISO).filter(pl.col("unit_id") == unit)["component_id"].to_list()
    assert [told["identification"]["batchInformation"][1]["value"]] == jobs
    assert told["identification"]["partTypeInformation"]["manufacturerPartId"] == product
    codes = [each["componentCode"] for each in told["composition"]["componentInformation"]["content"]]
    assert codes == [*parts, *(line.material_id for line in one.bought)]
    (carbon,) = told["sustainability"]["productFootprint"]["carbon"]
    assert carbon["value"] == float(one.footprint_kg) > 0
    sizes = told["characteristics"]["physicalDimension"]
    assert d(repr(sizes["grossWeight"]["value"])) - d(repr(sizes["weight"]["value"])) == one.packing_kg == d("0.25")
    assert told["metadata"]["version"] == "1.2.0"
    assert told["metadata"]["issueDate"] == "2026-07-16"
    again = accounts_again(desk, unit)
    assert catenax_passport.passport(desk.identity, "SM", again)["metadata"]["version"] == "1.2.1"


def accounts_again(desk, unit):
    """The unit once its final passport was recorded a second time, as a correction does."""
    journal = Places(desk.var, "SM").journal
    with Journal(journal) as ledger:
        rows = ledger.read("passports", ISO).filter((pl.col("unit_id") == unit) & (pl.col("status") == "final"))
        ledger.append([Batch("restate", ISO, 0, "passports", ISO, rows.head(1))], AT)
    with exchange.opened(desk.park, desk.park_dir, desk.var, AT) as found:
        return found.shelf.unit(unit)


def test_the_mass_of_the_packing_is_not_known_without_its_line_or_its_row(desk):
    unit, _ = passport_units(desk)[0]
    bare = replace(desk.park, bill=tuple(line for line in desk.park.bill if line.position != "packing"))
    assert desk.shelf.unit(unit).packing_kg == d("0.25")
    assert replace(desk.shelf, park=bare).unit(unit).packing_kg is None
    other = tuple(line.model_copy(update={"component_id": "CASE-A"}) if line.position == "packing" else line
                  for line in desk.park.bill)  # fmt: skip
    assert replace(desk.shelf, park=replace(desk.park, bill=other)).unit(unit).packing_kg is None


def test_a_units_files_are_those_of_the_command_and_a_refusal_is_passed_on(place, tmp_path):
    park = folder.load(place[0])
    files = exports.UnitFiles(park, *place)
    with exchange.opened(park, *place, AT) as desk:
        unit, _ = passport_units(desk)[0]
        for form in files.forms:
            name, content = files.file(unit, form)
            assert name == f"{unit}-{form}.{'aasx' if form == 'aasx' else 'json'}"
            exports.write(desk, form, tmp_path / form, DAY, DAY, (unit,))
            (written,) = (tmp_path / form).iterdir()
            assert form in ("epcis", "aasx") or content == written.read_bytes()
    assert files.file("nothing", "epcis") is None
    bare = Path(shutil.copytree(place[0], tmp_path / "bare"))
    (bare / "carbon" / "exchange.toml").write_text(IDENTITY)
    with pytest.raises(ParkwrightError, match=r"\[passport\]: is missing"):
        exports.UnitFiles(park, bare, place[1]).file(unit, "catenax-dpp")


def test_a_unit_of_a_product_with_a_gtin_has_a_digital_link(desk):
    unit, product = passport_units(desk)[0]
    numbered = desk.identity.model_copy(update={"gtin": (Gtin(product_id=product, gtin="09520000000011"),)})
    shelf = replace(desk.shelf, identity=numbered)
    link = shelf.unit(unit).uri
    assert link.startswith("https://id.gs1.org/01/09520000000011/21/")
    serial = digital_link.unit_of(link).serial
    assert shelf.unit(serial).unit_id == unit
    assert desk.shelf.unit(unit).uri == f"urn:x:product:{product}:{unit}"


def test_the_shelf_holds_every_finished_unit_once_and_its_energy_adds_up(desk):
    units = dict(passport_units(desk))
    wanted = sorted(units)
    whole = desk.shelf.page(set(units.values()), "", 10_000)
    assert [one.unit_id for one in whole] == wanted
    assert [one.unit_id for one in desk.shelf.page(set(units.values()), wanted[2], 3)] == wanted[3:6]
    assert {one.product.id for one in desk.shelf.page({units[wanted[0]]}, "", 10_000)} == {units[wanted[0]]}
    assert desk.shelf.page(set(), "", 10) == desk.shelf.page(set(units.values()), wanted[-1], 10) == []
    with accounts_opened(desk.park, desk.park_dir, desk.var) as accounts:
        ground = footprint.ground(accounts, [ISO])
        for one in (whole[0], whole[-1]):
            found = footprint.unit_footprint(accounts, ground, one.unit_id)
            assert one.footprint_kg * 10**9 == found.total_ug == sum(one.kinds_kg.values()) * 10**9
    for one in whole:
        assert sum(each.energy_mwh_int for each in one.used) == one.energy_mwh_int > 0
        assert one.packed == max(step.end for step in one.steps) <= one.final
    assert desk.shelf.unit(wanted[1]) == whole[1]
    assert desk.shelf.unit("nothing") is None


def test_shells_are_written_as_json_and_as_packages_of_the_same_content(desk, tmp_path):
    unit, _ = passport_units(desk)[0]
    for form in ("aas", "aasx"):
        exports.write(desk, form, tmp_path / form, DAY, DAY, (unit,))
    told = json.loads((tmp_path / "aas" / f"{unit}.json").read_text())
    with zipfile.ZipFile(tmp_path / "aasx" / f"{unit}.aasx") as archive:
        assert json.loads(archive.read("aasx/aas.json")) == told
    assert len(told["submodels"]) == len(told["assetAdministrationShells"][0]["submodels"]) == 5
    nowhere = replace(desk, identity=desk.identity.model_copy(update={"city": ""}))
    with pytest.raises(ParkwrightError, match="city is empty"):
        exports.write(nowhere, "aas", tmp_path / "new", DAY, DAY, (unit,))


def test_an_export_that_cannot_be_made_is_said(desk, place, tmp_path):
    (tmp_path / "there").mkdir()
    for form, target, units, match in (
        ("xml", tmp_path / "new", (), "write bundle or one of"),
        ("epcis", tmp_path / "there", (), "name a new folder"),
        ("epcis", tmp_path / "new", ("nothing",), "nothing to write"),
        ("pact", tmp_path / "new", (), "nothing to write"),
    ):
        with pytest.raises(LedgerError, match=match):
            exports.write(desk, form, target, DAY, DAY, units)
    blocked = tmp_path / "file"
    blocked.write_text("")
    exchange.declare_answer(desk, (), DAY, DAY)
    with pytest.raises(ParkwrightError, match="can be written"):
        exports.write(desk, "pact", blocked / "new", DAY, DAY, ())


def test_the_export_command_writes_messages_and_still_writes_the_bundle(place, tmp_path):
    found = parkwright(place, "export", place[0], tmp_path / "e", "--from", ISO, "--to", ISO, "--format", "epcis")
    assert found["files"] == len(list((tmp_path / "e").iterdir())) > 0
    bundle = parkwright(place, "export", place[0], tmp_path / "b", "--from", ISO, "--to", ISO)
    assert Path(bundle["manifest"]).exists()
