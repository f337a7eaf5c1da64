"""Planners over the API: a draft is costed, accepted once, waits for the run, and its answer is told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from desk_fixture import make_site, session
from facts_fixture import DAY
from fastapi.testclient import TestClient

from parkwright.show.auth import COOKIE

ISO = DAY.isoformat()
PLANS = f"/api/v1/plans/{ISO}"


class Asker:
    """The API as one role asks it."""

    def __init__(self, folder: object, role: str) -> None:
        self.app, self.operations = make_site(folder, hour=10.2)
        self.client = TestClient(self.app, headers={"cookie": f"{COOKIE}={session(self.operations, role)}"})

    def get(self, path: str, status: int = 200):
        answer = self.client.get(path)
        assert answer.status_code == status, answer.text
        return answer.json()

    def post(self, path: str, body: object = None, status: int = 200):
        answer = self.client.post(path, json=body)
        assert answer.status_code == status, answer.text
        return answer.json()


@pytest.fixture(scope="module")
def planner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asker]:
    asker = Asker(tmp_path_factory.mktemp("site"), "planner")
    yield asker
    asker.operations.close()


def change(asker: Asker, **more: object) -> dict[str, object]:
    plan = asker.get(f"/api/v1/plan?day={ISO}")
    start = datetime.fromisoformat(plan["midnight"]) + timedelta(hours=20)
    move = {"job_id": "J0054", "line_id": "L-NB1", "start": start.isoformat()}
    return {"base": plan["plan_hash"], "moves": [move]} | more


def test_a_draft_is_read_again_and_the_gantt_gets_its_bars(planner: Asker) -> None:
    draft = planner.post(f"{PLANS}/drafts", change(planner))
    assert planner.get(f"{PLANS}/drafts/{draft['id']}") == draft
    assert "J0054" in draft["bars"]["job_id"]
    assert draft["after"]["total_cny"] != draft["before"]["total_cny"]
    planner.get(f"/api/v1/plans/2026-07-14/drafts/{draft['id']}", 404)


NEW = {"product_id": "NB-14", "quantity": 4, "due": "2026-07-15T20:00:00+08:00", "market_id": "CN"}


def test_a_new_order_is_priced_beside_the_plan_and_goes_to_the_run_with_it(planner: Asker) -> None:
    draft = planner.post(f"{PLANS}/drafts", change(planner, moves=[], orders=[NEW]))
    assert [one["order_id"] for one in draft["orders"]] == ["R-260715-001"]
    assert draft["orders"][0]["quantity"] == 4
    assert draft["orders"][0]["expected"] is not None
    assert draft["after"]["jobs"] == draft["before"]["jobs"] + len(draft["orders"][0]["jobs"]) - len(draft["left_out"])
    assert draft["after"]["energy_kwh"] > draft["before"]["energy_kwh"]
    assert set(draft["orders"][0]["jobs"]) <= set(draft["bars"]["job_id"])


OUT = {"line_id": "L-NB1", "until": "2026-07-15T14:00:00+08:00", "reason": "no crew"}


def test_a_line_is_taken_out_from_now_and_goes_to_the_run_with_who_said_so(planner: Asker) -> None:
    draft = planner.post(f"{PLANS}/drafts", change(planner, moves=[], out=[OUT]))
    (out,) = draft["outages"]
    assert (out["line_id"], out["reason"], out["who"]) == ("L-NB1", "no crew", "")
    assert datetime.fromisoformat(out["end"]) == datetime.fromisoformat(OUT["until"])
    start, end = datetime.fromisoformat(out["start"]), datetime.fromisoformat(out["end"])
    assert (end - start).total_seconds() == pytest.approx(3.8 * 3600, abs=60)
    assert draft["changed"] > 0
    midnight = datetime.fromisoformat(planner.get(f"/api/v1/plan?day={ISO}")["midnight"])
    lines = [row["line_id"] for row in planner.get(f"/api/v1/plan?day={ISO}")["lines"]]
    bars = zip(draft["bars"]["line"], draft["bars"]["start_s"], strict=True)
    on_line = [start_s for line, start_s in bars if line == lines.index("L-NB1")]
    first, last = (start - midnight).total_seconds(), (end - midnight).total_seconds()
    assert on_line
    assert not [start_s for start_s in on_line if first <= start_s < last]
    if not draft["violations"]:
        planner.post(f"{PLANS}/drafts/{draft['id']}/acceptance")
        (taken,) = planner.operations.take_commands(datetime(2026, 7, 15, 3, tzinfo=UTC))
        assert taken.payload["outages"][0][3] == "no crew"
        assert taken.payload["who"]


def test_an_accepted_draft_is_one_command_however_often_it_is_sent(planner: Asker) -> None:
    draft = planner.post(f"{PLANS}/drafts", change(planner))
    if draft["violations"]:
        said = planner.post(f"{PLANS}/drafts/{draft['id']}/acceptance", status=409)
        assert "cannot be built" in said["detail"]
        return
    first = planner.post(f"{PLANS}/drafts/{draft['id']}/acceptance")
    assert planner.post(f"{PLANS}/drafts/{draft['id']}/acceptance") == first
    command = f"/api/v1/commands/{first['command_id']}"
    assert planner.get(command) == {"id": first["command_id"], "state": "waiting", "answer": ""}
    taken = planner.operations.take_commands(datetime(2026, 7, 15, 3, tzinfo=UTC))
    assert [one.kind for one in taken] == ["revise"]
    assert taken[0].payload["base"] == draft["base"]
    planner.operations.answer_command(taken[0].id, "revision 1 of the plan is in force")
    assert planner.get(command)["state"] == "done"


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ({"base": "0" * 64}, 409, "has changed meanwhile"),
        ({"moves": [{"job_id": "J-none", "line_id": "L-NB1", "start": "2026-07-15T20:00:00+08:00"}]}, 409, "J-none"),
        ({"rushed": ["O-none"]}, 409, "has no job that waits"),
        ({"orders": [NEW | {"product_id": "X"}]}, 409, "product X is none that is sold"),
        ({"orders": [NEW | {"due": "2026-07-15T09:00:00+08:00"}]}, 409, "give a later due time"),
        ({"orders": [NEW | {"due": "2026-07-15T20:00:00"}]}, 409, "has no offset"),
        ({"orders": [NEW | {"quantity": 0}]}, 422, "quantity"),
        ({"orders": [NEW | {"quantity": 1.5}]}, 422, "quantity"),
        ({"orders": [NEW | {"weight_cny_per_h": -1}]}, 422, "weight_cny_per_h"),
        ({"orders": [NEW | {"order_id": "<b>"}]}, 422, "order_id"),
        ({"out": [OUT | {"line_id": "L-Z"}]}, 409, "line L-Z: does not exist"),
        ({"out": [OUT | {"until": "2026-07-15T09:00:00+08:00"}]}, 409, "give a later end"),
        ({"out": [OUT | {"until": "2026-07-16T09:00:00+08:00"}]}, 409, "not within 2026-07-15"),
        ({"out": [OUT | {"until": "2026-07-15T14:00:00"}]}, 409, "has no offset"),
        ({"out": [OUT | {"reason": ""}]}, 409, "out for no reason"),
        ({"out": [OUT | {"reason": "y" * 121}]}, 409, "121 characters"),
        ({"out": [{"line_id": "L-NB1"}]}, 422, "reason"),
        ({"ended": [{"line_id": "L-NB1"}]}, 409, "line L-NB1: is not out now or later"),
        ({"ended": [{"line_id": "L-NB1", "until": "2026-07-15T14:00:00"}]}, 409, "has no offset"),
        ({"ended": [{"line_id": "<b>"}]}, 422, "line_id"),
        ({"search_s": 1e9}, 422, "search_s"),
        ({"moves": [{"job_id": "<b>", "line_id": "L-NB1", "start": "2026-07-15T20:00:00+08:00"}]}, 422, "job_id"),
        ({"moves": "all"}, 422, "moves"),
    ],
)
def test_a_change_that_cannot_be_is_refused_by_name(planner: Asker, body: dict, status: int, says: str) -> None:
    assert says in str(planner.post(f"{PLANS}/drafts", change(planner, **body), status))


def test_a_job_that_is_done_or_has_begun_cannot_be_dragged(planner: Asker) -> None:
    plan = planner.get(f"/api/v1/plan?day={ISO}")
    bars, now_s = plan["bars"], (datetime.fromisoformat(plan["at"]) - datetime.fromisoformat(plan["midnight"])).seconds
    rows = list(zip(bars["job_id"], bars["line"], bars["start_s"], bars["done_s"], strict=True))
    line = plan["lines"][1]["line_id"]
    done = next(job for job, on, _, done_s in rows if on == 1 and done_s is not None)
    runs = next(job for job, on, start_s, done_s in reversed(rows) if on == 1 and done_s is None and start_s <= now_s)
    for job, says in ((done, "is done; choose one that has not begun"), (runs, "has begun; choose one that has not")):
        move = {"job_id": job, "line_id": line, "start": f"{ISO}T20:00:00+08:00"}
        said = planner.post(f"{PLANS}/drafts", change(planner, moves=[move]), 409)
        assert f"job {job}: {says}" in said["detail"]


def test_what_is_not_there_is_404(planner: Asker) -> None:
    for path in (
        "/api/v1/plans/2026-01-01/objective", "/api/v1/plans/2026-01-01/setups", "/api/v1/plans/2026-01-01/trades",
        "/api/v1/plans/2026-01-01/certificate",
        f"{PLANS}/jobs/J-none/reason",
    ):  # fmt: skip
        assert planner.get(path, 404)["detail"]
