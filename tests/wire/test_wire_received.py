"""Events by command: read in once, listed by lot and sender, refused by name."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from run_park import write_folder
from typer.testing import CliRunner

from parkwright import cli
from parkwright.connect.epcis import document
from parkwright.connect.epcis_hash import event_hash
from parkwright.run.exchange import Partner
from parkwright.store import folder
from parkwright.wire import exchange

AT = datetime(2026, 8, 1, tzinfo=UTC)
IDENTITY = """
company_name = "Small park"
company_ids = ["urn:x:company:small"]
product_urn = "urn:x:product:"
material_urn = "urn:x:material:"
country = "CN"
fossil_carbon_share = "0.1"
basis = "assumed: a test"
"""
NUMBER = "https://id.gs1.org/01/04012345123456"
SHIPPED = {
    "type": "ObjectEvent",
    "eventID": "urn:uuid:1",
    "action": "OBSERVE",
    "eventTime": "2026-07-14T18:00:00+08:00",
    "eventTimeZoneOffset": "+08:00",
    "bizStep": "shipping",
    "quantityList": [{"epcClass": "urn:epc:class:lgtin:4012345.012345.L-7", "quantity": 500}],
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A small park that has a name for partners and one of them, and its var folder."""
    home = tmp_path_factory.mktemp("received")
    write_folder(home / "park", 3600, "SM")
    (home / "park" / "carbon").mkdir(exist_ok=True)
    (home / "park" / "carbon" / "exchange.toml").write_text(IDENTITY)
    with exchange.opened(folder.load(home / "park"), home / "park", home / "var", AT) as desk:
        desk.desk.register(Partner("boards-1", "Boards"), None, AT)
    return home / "park", home / "var"


def parkwright(place: tuple[Path, Path], *words: object):
    command, *rest = map(str, words)
    return CliRunner().invoke(cli.app, ["carbon", command, str(place[0]), *rest, "--var", str(place[1]), "--json"])


def answer(place: tuple[Path, Path], *words: object):
    done = parkwright(place, *words)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def written(folder_: Path, *events: dict) -> Path:
    path = folder_ / "events.json"
    path.write_text(json.dumps(document(events, AT)))
    return path


def test_a_partners_events_are_read_in_once_and_listed_by_lot(place, tmp_path: Path):
    path = written(tmp_path, SHIPPED, {**SHIPPED, "eventID": "urn:uuid:2", "bizStep": "loading"})
    assert answer(place, "import", path, "--from", "boards-1")["new"] == 2
    assert answer(place, "import", path, "--from", "boards-1")["known"] == 2
    lot = "L-7"
    first, second = answer(place, "events", "--lot", lot, "--from", "boards-1")["events"]
    assert {first["business_step"], second["business_step"]} == {"shipping", "loading"}
    assert (first["from"], first["by"], first["at"]) == ("boards-1", exchange.PERSON, "2026-07-14T10:00:00+00:00")
    assert first["things"] == [
        {"role": "epc", "thing": f"{NUMBER}/10/{lot}", "lot": lot, "unit": "", "quantity": "500"}
    ]
    assert answer(place, "events", "--lot", "L-8")["events"] == []


def test_an_event_whose_id_is_the_hash_of_other_content_is_taken_and_told(place, tmp_path: Path):
    whole = {**SHIPPED, "quantityList": [{**SHIPPED["quantityList"][0], "quantity": 7}]}
    sound, other = {**whole, "eventID": event_hash(whole)}, {**whole, "eventID": event_hash(SHIPPED)}
    told = answer(place, "import", written(tmp_path, sound, other), "--from", "boards-1")
    assert told["new"] == 2
    (finding,) = told["hash_differs"]
    assert finding.startswith(f"event 2: eventID {other['eventID']} is the hash of other content")
    rows = answer(place, "events", "--from", "boards-1")["events"]
    found = {one["event_id"]: one["hash_differs"] for one in rows if one["things"][0]["quantity"] == "7"}
    assert found == {sound["eventID"]: False, other["eventID"]: True}
    assert answer(place, "import", written(tmp_path, sound), "--from", "boards-1")["hash_differs"] == []


@pytest.mark.parametrize(
    ("events", "sender", "finding"),
    [
        (
            [{**SHIPPED, "eventID": "urn:uuid:3"}, {**SHIPPED, "action": "MOVE"}],
            "boards-1",
            "event 2: ObjectEvent.action",
        ),
        ([SHIPPED], "nobody", "partner nobody: is not registered"),
    ],
)
def test_what_is_wrong_ends_with_one_line_and_changes_nothing(place, tmp_path: Path, events, sender, finding):
    before = answer(place, "events")
    done = parkwright(place, "import", written(tmp_path, *events), "--from", sender)
    assert done.exit_code == 2
    assert finding in done.stderr
    assert done.stderr.count("\n") == 1
    assert answer(place, "events") == before


def test_a_file_that_is_not_there_is_named(place, tmp_path: Path):
    done = parkwright(place, "import", tmp_path / "none.json")
    assert done.exit_code == 2
    assert "none.json: No such file" in done.stderr
