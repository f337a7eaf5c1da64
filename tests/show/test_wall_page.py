import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from live_fixture import LiveFacts
from show_park import make_park
from test_feed import NOON, Clock

from parkwright.show import wall
from parkwright.show.context import Context

PARK = make_park()


@pytest.fixture(scope="module")
def client() -> TestClient:
    clock = Clock(NOON)
    app = FastAPI()
    wall.mount(app, Context(PARK, LiveFacts(PARK, clock, NOON - timedelta(minutes=20)), None, clock, 60.0))
    return TestClient(app)


def test_the_wall_is_one_page_with_the_parks_name_in_both_languages(client: TestClient) -> None:
    page = client.get("/wall").text
    assert PARK.site.name.en in page
    assert PARK.site.name.zh in page


def test_everything_the_page_names_is_served_and_nothing_comes_from_elsewhere(client: TestClient) -> None:
    page = client.get("/wall").text
    for address in re.findall(r'(?:href|src)="(wall/[^"]+)"', page) + re.findall(r'"\./(wall/[^"]+)"', page):
        assert client.get(f"/{address}").status_code == 200, address
    texts = [page] + [asset.body.decode() for name, asset in wall.assets().items() if name != "three.js"]
    outside = [u for text in texts for u in re.findall(r"https?://[^\s'\"\\)]+", text) if "www.w3.org" not in u]
    assert outside == []


def test_imports_between_the_modules_lead_to_files_that_are_there() -> None:
    kept = wall.assets()
    for name, asset in kept.items():
        if name == "three.js":
            continue
        folder = name.rpartition("/")[0]
        for target in re.findall(r'from "\./([^"]+)"', asset.body.decode()):
            assert (f"{folder}/{target}" if folder else target) in kept, (name, target)


def test_own_data_of_the_wall_stay_below_300_kb(client: TestClient) -> None:
    own = sum(len(asset.packed) for name, asset in wall.assets().items() if name != "three.js")
    for address in ("/wall", "/wall/scene"):
        own += int(client.get(address, headers={"accept-encoding": "gzip"}).headers["content-length"])
    assert own < 300_000


def test_a_known_tag_costs_no_body_and_an_unknown_one_gets_it(client: TestClient) -> None:
    first = client.get("/wall/scene")
    again = client.get("/wall/scene", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get("/wall/scene", headers={"if-none-match": '"old"'}).json() == first.json()


@pytest.mark.parametrize("address", ["/wall/assets/nothing.js", "/wall/assets/../wall.py", "/wall/things/nothing"])
def test_what_is_not_there_is_404_with_a_reason(client: TestClient, address: str) -> None:
    assert client.get(address).status_code == 404


def test_a_machine_tells_the_units_that_passed_last(client: TestClient) -> None:
    unit = PARK.work_centers[1].work_unit[-1].id
    answer = client.get(f"/wall/things/{unit}").json()
    assert answer["thing_id"] == unit
    assert 1 <= len(answer["units"]) <= 6
    assert answer["units"][0]["unit_id"].startswith("TJ-260715-L-NB1-")
    assert client.get("/wall/things/L-NB1").json()["units"] == answer["units"]


def test_the_picture_answers_a_script_as_it_does_the_page(client: TestClient) -> None:
    live = client.get("/wall/live").json()
    assert set(live) >= {"clock", "sky", "machines", "lines", "figures", "power", "passports", "day"}


def test_a_viewer_gets_the_whole_picture_then_robots(client: TestClient) -> None:
    with client.websocket_connect("/wall/feed") as socket:
        first = json.loads(socket.receive_text())
        assert first["whole"] is True
        frame = next(m["bytes"] for m in iter(socket.receive, None) if m.get("bytes"))
        assert len(frame) == 4 + 6 * PARK.fleet.count


def test_the_page_of_a_park_with_marks_in_its_name_is_still_one_page() -> None:
    scene = {"park": {"name": {"en": "A <b>park", "zh": "园区"}}}
    assert b"<script>" not in wall.page(scene).body


def test_view_sources_are_served_by_their_packages() -> None:
    views = Path(wall.__file__).parent / "views"
    assert {f"park/{path.name}" for path in (views / "park").glob("*.js")} <= set(wall.assets())
