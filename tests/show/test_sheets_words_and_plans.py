"""Sheets, written figures, kept frames and planners' questions: what goes in comes out, what cannot be is refused."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as Xml
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from facts_fixture import MemoryFacts, table
from fastapi import HTTPException
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from pydantic import ValidationError
from tiny_day import NOW, PARK, at, tiny_facts

from parkwright.model.errors import LedgerError, PlanError
from parkwright.run.ports import Batch
from parkwright.show.answers.planning import AskedChange, AskedMove, AskedOutage, CommandState, DraftBars, TradePoint
from parkwright.show.context import Context
from parkwright.show.door import Visit
from parkwright.show.frames import Frames, account_totals
from parkwright.show.planning import VALID, accept, planner_of, state_of
from parkwright.show.words import MISSING, THIN_SPACE, Words
from parkwright.show.workbook import MAIN, PARTS, workbook

TIANJIN = ZoneInfo("Asia/Shanghai")
EN, ZH = Words("en", TIANJIN), Words("zh", TIANJIN)
DRAFT = "a" * 32
NO_LIMIT = settings(max_examples=50, deadline=None)


def sheet(made: bytes) -> list[list[tuple[str | None, str | None]]]:
    """Return (type or style, text) of each cell of the one sheet."""
    root = Xml.fromstring(zipfile.ZipFile(io.BytesIO(made)).read("xl/worksheets/sheet1.xml"))
    rows = []
    for row in root.iter(f"{{{MAIN}}}row"):
        found = []
        for cell in row:
            shown = cell.find(f".//{{{MAIN}}}t")
            shown = cell.find(f"{{{MAIN}}}v") if shown is None else shown
            found.append((cell.get("t") or cell.get("s"), None if shown is None else shown.text))
        rows.append(found)
    return rows


# ------------------------------------------------------------------------------------------------------ workbook


WHOLE = st.integers(-(2**62), 2**62)


@NO_LIMIT
@given(st.lists(st.tuples(WHOLE, st.floats(allow_nan=False, allow_infinity=False), st.booleans()), max_size=8))
def test_whole_numbers_floats_and_truths_come_back_to_the_last_digit(rows: list[tuple[int, float, bool]]) -> None:
    frame = pl.DataFrame(rows, schema={"n": pl.Int64, "x": pl.Float64, "ok": pl.Boolean}, orient="row")
    for shown, (n, x, ok) in zip(sheet(workbook(frame, "t", TIANJIN))[1:], rows, strict=True):
        assert int(shown[0][1]) == n
        assert (shown[0][0] == "inlineStr") == (abs(n) >= 10**15)
        assert float(shown[1][1]) == x
        assert shown[2] == ("b", "1" if ok else "0")


@NO_LIMIT
@given(
    st.integers(946_684_800, 4_102_444_800).map(lambda s: datetime.fromtimestamp(s, UTC)),
    st.sampled_from(["UTC", "Asia/Shanghai", "America/New_York"]),
)
def test_an_instant_is_the_days_of_its_zones_clock_since_day_nought(moment: datetime, zone: str) -> None:
    frame = pl.DataFrame({"at": [moment]}, schema={"at": pl.Datetime("ms", "UTC")})
    head, (cell,) = sheet(workbook(frame, "t", ZoneInfo(zone)))
    assert head[0][1] == f"at ({zone})"
    wall = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=UTC)
    shown = datetime(1899, 12, 30, tzinfo=UTC) + timedelta(days=float(cell[1]))
    assert cell[0] == "2"
    assert abs(shown - wall) < timedelta(milliseconds=1)


def test_a_sheet_of_recorded_readings_adds_up_to_the_table() -> None:
    rows = tiny_facts().read("readings", "2026-07-15")
    head, *body = sheet(workbook(rows, "readings", TIANJIN))
    column = [name for _, name in head].index("energy_mwh_int")
    assert sum(int(row[column][1]) for row in body) == rows["energy_mwh_int"].sum()
    assert len(body) == rows.height
    assert {len(row) for row in body} == {rows.width}


def test_every_part_that_a_workbook_names_is_in_the_package() -> None:
    package = zipfile.ZipFile(io.BytesIO(workbook(pl.DataFrame({"a": [1]}), "n" * 40, TIANJIN)))
    types = Xml.fromstring(package.read("[Content_Types].xml"))
    named = {one.get("PartName").lstrip("/") for one in types if one.get("PartName")}
    assert named <= set(package.namelist())
    relations = Xml.fromstring(package.read("xl/_rels/workbook.xml.rels"))
    assert {f"xl/{one.get('Target')}" for one in relations} <= set(package.namelist())
    assert set(PARTS) <= set(package.namelist())
    name = next(Xml.fromstring(package.read("xl/workbook.xml")).iter(f"{{{MAIN}}}sheet")).get("name")
    assert name == "n" * 31


# --------------------------------------------------------------------------------------------------------- words


@given(st.floats(1e-6, 1e12), st.integers(1, 6))
def test_a_number_as_written_is_the_value_to_its_digits(value: float, digits: int) -> None:
    text = EN.number(value, digits)
    back = float(text.replace(THIN_SPACE, ""))
    assert back == pytest.approx(value, rel=0.5001 * 10 ** (1 - digits), abs=0.51e-9)
    assert EN.number(-value, digits) == f"-{text}"
    assert re.fullmatch(r"\d{1,3}(\u2009\d{3})*(\.\d+)?", text)


LARGER = {"kWh": {"kWh": 1, "MWh": 1e3, "GWh": 1e6}, "kW": {"kW": 1, "MW": 1e3}, "kg": {"kg": 1, "t": 1e3}}


@given(st.floats(1e-3, 1e10), st.sampled_from(sorted(LARGER)))
def test_a_quantity_in_a_larger_unit_is_still_the_same(value: float, unit: str) -> None:
    number, shown = EN.quantity(value, unit)
    assert float(number.replace(THIN_SPACE, "")) * LARGER[unit][shown] == pytest.approx(value, rel=0.006)
    assert value < 1000 or shown != unit


@given(st.integers(-(10**12), 10**12))
def test_whole_counts_keep_every_digit_in_both_languages(count: int) -> None:
    assert int(EN.whole(count).replace(THIN_SPACE, "")) == count
    assert EN.whole(count) == ZH.whole(count)
    assert int(ZH.quantity(count, "orders")[0].replace(THIN_SPACE, "")) == count


@pytest.mark.parametrize(
    ("share", "plain", "signed"),
    [
        (0.0, "0.0", "+0.0"), (0.0523, "5.2", "+5.2"), (-0.0523, "−5.2", "−5.2"), (0.5, "50.0", "+50"),
        (1.0, "100", "+100"), (-1.25, "−125", "−125"),
    ],
)  # fmt: skip
def test_a_share_is_percent_with_a_true_minus(share: float, plain: str, signed: str) -> None:
    assert EN.percent(share) == f"{plain}{THIN_SPACE}%"
    assert EN.percent(share, signed=True) == f"{signed}{THIN_SPACE}%"


def test_what_is_not_known_is_a_dash_and_never_nought() -> None:
    assert {EN.percent(None), EN.whole(None), EN.number(None), EN.age(None), EN.clock(None)} == {MISSING}
    assert (EN.number(float("nan")), EN.number(float("inf")), EN.number(0.0)) == (MISSING, MISSING, "0")
    assert EN.amount(None, "kg CO2e") == f"{MISSING}{THIN_SPACE}kg CO₂e"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(89.4, "89 s ago"), (90, "2 min ago"), (5399, "90 min ago"), (5400, "2 h ago"), (129_599, "36 h ago"),
     (129_600, "2 days ago")],
)  # fmt: skip
def test_an_age_changes_its_unit_at_its_border(seconds: float, text: str) -> None:
    assert EN.age(seconds) == text
    assert ZH.age(seconds) != text
    assert re.findall(r"\d+", ZH.age(seconds)) == re.findall(r"\d+", text)


def test_paper_carries_date_time_and_offset_of_the_park() -> None:
    assert EN.stamp(datetime(2026, 7, 15, 18, 30, tzinfo=UTC)) == "2026-07-16 02:30 (UTC+0800)"
    york = Words("en", ZoneInfo("America/New_York"))
    assert york.stamp(datetime(2026, 1, 15, 3, 0, tzinfo=UTC)) == "2026-01-14 22:00 (UTC-0500)"


def test_a_message_that_is_not_there_is_a_fault_and_a_word_of_the_data_is_itself() -> None:
    with pytest.raises(KeyError, match=r"no\.such"):
        EN.say("no.such")
    assert EN.known("no.such", "as recorded") == "as recorded"
    assert (EN.name(PARK.meter["air"]), ZH.name(PARK.meter["air"])) == ("Compressed air", "压缩空气")


# -------------------------------------------------------------------------------------------------------- frames


ENTRY = st.tuples(
    st.sampled_from(["unit:a", "unit:b", "source:grid", "pool"]), st.sampled_from(["co2e", "cny"]),
    st.sampled_from(["m1", "m2"]), st.integers(0, 2), st.integers(-(10**9), 10**9),
)  # fmt: skip


def postings(rows: list[tuple[str, str, str, int, int]]) -> pl.DataFrame:
    return table("postings", [
        {"journal_id": "j", "account": account, "commodity": commodity, "view": "v", "quantity": quantity,
         "start": at("08:00") + timedelta(minutes=15 * n), "end": at("09:00"), "factor_id": None, "method_id": method,
         "activity_ref": "a"} for account, commodity, method, n, quantity in rows
    ])  # fmt: skip


@NO_LIMIT
@given(st.lists(ENTRY, max_size=20), st.integers(0, 20))
def test_totals_of_the_parts_are_the_totals_of_the_whole(rows: list[tuple[str, str, str, int, int]], cut: int) -> None:
    keys = ["start", "commodity", "view", "account_class", "method_id"]
    parts = pl.concat([account_totals(postings(rows[:cut])), account_totals(postings(rows[cut:]))])
    whole = account_totals(postings(rows))
    assert_frame_equal(parts.group_by(keys).agg(pl.col("quantity").sum()), whole, check_row_order=False)
    wanted: dict[tuple[str, str, str, datetime], int] = {}
    for account, commodity, method, n, quantity in rows:
        key = (account.partition(":")[0], commodity, method, at("08:00") + timedelta(minutes=15 * n))
        wanted[key] = wanted.get(key, 0) + quantity
    shown = whole.select("account_class", "commodity", "method_id", "start", "quantity").iter_rows()
    assert {tuple(row[:4]): row[4] for row in shown} == wanted


def test_frames_that_are_no_more_asked_for_are_let_go_and_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("parkwright.show.frames.KEPT_FRAMES", 2)
    asked: list[str] = []

    class Counting(MemoryFacts):
        def read(self, kind: str, start_day: str, end_day: str | None = None) -> pl.DataFrame:
            asked.append(start_day)
            return super().read(kind, start_day, end_day)

    frames = Frames(Counting([], NOW))
    for day in ("d1", "d2", "d1", "d3", "d1", "d2"):
        frames.read("alarms", day)
    assert asked == ["d1", "d2", "d3", "d2"]


def test_an_answer_is_made_again_once_it_is_old_and_facts_are_new(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr("parkwright.show.frames.time.monotonic", lambda: clock[0])
    facts = MemoryFacts([], NOW)
    frames = Frames(facts)
    made: list[float] = []

    def ask() -> int:
        return frames.keep("k", lambda: made.append(clock[0]) or len(made))

    assert ask() == 1
    clock[0] = 105.0
    assert ask() == 1, "old, but nothing is new"
    facts.batches.append(Batch("s", "2026-07-15", 0, "alarms", "2026-07-15", table("alarms", [])))
    assert ask() == 2
    clock[0] = 114.9
    assert ask() == 2
    clock[0] = 115.0
    assert ask() == 3, "after ten seconds without new facts"
    assert made == [100.0, 105.0, 115.0]


# ------------------------------------------------------------------------------------------------------ planning


@dataclass
class Desk:
    """Commands in memory; refuses to write where `broken`, after another wrote it where `raced`."""

    commands: dict[str, CommandState] = field(default_factory=dict)
    issued: list[tuple] = field(default_factory=list)
    broken: bool = False
    raced: bool = False

    def command(self, command_id: str) -> CommandState | None:
        return self.commands.get(command_id)

    def issue_command(self, *asked: object) -> None:
        if self.broken and not self.raced:
            raise LedgerError("operations: is locked; try again")
        self.commands[str(asked[5])] = CommandState(id=str(asked[5]), state="waiting", answer="")
        if self.raced:
            raise LedgerError("operations: is there already")
        self.issued.append(asked)


class Drafts:
    """A planner that keeps one draft."""

    def payload(self, draft_id: str) -> dict[str, object]:
        if draft_id != DRAFT:
            raise PlanError(f"draft {draft_id}: is not kept any more; make the change again")
        return {"day": "2026-07-15"}


def visit(desk: Desk, planner: object | None = None, speed: float = 1.0) -> Visit:
    from_where = Context(PARK, tiny_facts(), desk, lambda: NOW, speed, planner=planner)
    who = type("Who", (), {"user_id": "u1", "name": "Wang"})()
    return Visit(from_where, Frames(from_where.facts), who, "en", "light")


def test_a_draft_is_issued_once_and_waits_an_hour_of_a_slow_park_or_a_minute_of_a_quick_one() -> None:
    for speed, waits in ((1.0, VALID), (60.0, VALID), (3600.0, timedelta(hours=60))):
        desk = Desk()
        asking = visit(desk, Drafts(), speed)
        assert accept(asking, DRAFT) == accept(asking, DRAFT) == DRAFT
        assert len(desk.issued) == 1
        kind, payload, user, now, valid, command_id = desk.issued[0]
        assert payload == {"day": "2026-07-15", "who": "Wang"}
        assert (user, now, valid, command_id) == ("u1", NOW, waits, DRAFT)
        assert kind


def test_a_command_that_another_server_wrote_first_is_accepted_and_a_locked_desk_is_not() -> None:
    assert accept(visit(Desk(raced=True), Drafts()), DRAFT) == DRAFT
    with pytest.raises(LedgerError, match="is locked"):
        accept(visit(Desk(broken=True), Drafts()), DRAFT)
    desk = Desk()
    with pytest.raises(PlanError, match="make the change again"):
        accept(visit(desk, Drafts()), "b" * 32)
    assert desk.issued == []


def test_a_server_without_a_planner_says_how_to_get_one() -> None:
    with pytest.raises(HTTPException) as refused:
        planner_of(visit(Desk()))
    assert refused.value.status_code == 404
    assert "parkwright run" in refused.value.detail
    planner = Drafts()
    assert planner_of(visit(Desk(), planner)) is planner


def test_the_state_of_a_command_is_what_the_desk_knows() -> None:
    desk = Desk({DRAFT: CommandState(id=DRAFT, state="refused", answer="the plan has moved")})
    assert state_of(visit(desk), DRAFT).model_dump() == {
        "id": DRAFT,
        "state": "refused",
        "answer": "the plan has moved",
    }
    assert state_of(visit(desk), "c" * 32) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"base": "short"}, {"base": "G" * 64}, {"search_s": -1}, {"search_s": 121}, {"rushed": ["O"] * 51},
        {"moves": [{"job_id": "", "line_id": "L", "start": "2026-07-15T08:00:00Z"}]},
        {"moves": [{"job_id": "J", "line_id": "../L", "start": "2026-07-15T08:00:00Z"}]},
        {"out": [{"line_id": "L" * 65, "reason": "r"}]}, {"out": [{"line_id": "L"}]},
        {"moves": [{"job_id": "J", "line_id": "L", "start": "soon"}]},
    ],
)  # fmt: skip
def test_a_change_that_is_malformed_is_refused_where_it_is_wrong(wrong: dict) -> None:
    with pytest.raises(ValidationError) as refused:
        AskedChange.model_validate({"base": "0" * 64} | wrong)
    assert {error["loc"][0] for error in refused.value.errors()} == set(wrong)


def test_a_change_survives_json_and_two_changes_share_no_list() -> None:
    move = AskedMove(job_id="J1", line_id="L-NB1", start=NOW)
    asked = AskedChange(base="f" * 64, moves=[move], out=[AskedOutage(line_id="L-SMT", reason="no crew")], search_s=2)
    assert AskedChange.model_validate_json(asked.model_dump_json()) == asked
    one, two = AskedChange(base="0" * 64), AskedChange(base="0" * 64)
    one.moves.append(move)
    assert (two.moves, asked.out[0].until) == ([], None)


def test_an_answer_takes_no_unknown_field_and_no_number_that_is_not_finite() -> None:
    columns = {"job_id": ["J"], "line": [0], "setup_s": [-1], "start_s": [-1], "end_s": [-1]}
    assert DraftBars(**columns).model_dump() == columns
    with pytest.raises(ValidationError, match="Extra inputs"):
        DraftBars(**columns, colour=["red"])
    with pytest.raises(ValidationError, match="Input should be"):
        CommandState(id=DRAFT, state="lost", answer="")
    point = {"cost_cny": 1.0, "co2e_kg": 2.0, "late_orders": 0, "lateness_h": 0.0, "in_force": True}
    for price in (float("nan"), float("inf")):
        with pytest.raises(ValidationError, match="finite number"):
            TradePoint(carbon_cny_per_kg=price, **point)
    assert TradePoint(carbon_cny_per_kg=0.1, **point).carbon_cny_per_kg == 0.1
