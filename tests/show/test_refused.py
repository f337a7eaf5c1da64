"""Refusals of the planner's desk in the reader's language: what the code raises is known, with names and figures."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import polars as pl
import pytest
from busy_day import BOARDS_CLOSING, CLOSING, priced
from run_park import DAY, MINUTE, small_park, small_plan

from parkwright.make.laid import Laid, Progress
from parkwright.make.whatif import Move, moved, rushed
from parkwright.model.errors import PlanError
from parkwright.model.opening import Opening
from parkwright.model.tables import OUTAGES
from parkwright.plan.outage import Ended, Outage, ended_rows, outage_rows
from parkwright.plan.revise import Change, DayFacts, by_hand, laid_out
from parkwright.plan.rush import NewOrder, entered, order_lines
from parkwright.run.desk import Desk
from parkwright.run.ports import Image, Receipts
from parkwright.show.refused import PATTERNS, refused
from parkwright.show.words import Words, catalogue

PARK, PLAN = small_park(), small_plan()
FIRST, LAST = PARK.day_bounds(DAY)
NOW = PARK.shifts(DAY)[0][0]
LINE = PARK.work_centers[0].id
EN, ZH = (Words(language, PARK.zone) for language in ("en", "zh"))
SAID = outage_rows(PARK, DAY, [Outage(LINE, "crew", NOW, NOW + 60 * MINUTE)], NOW)


def out(outage: Outage, known: pl.DataFrame | None = None) -> Callable[[], object]:
    return lambda: outage_rows(PARK, DAY, [outage], NOW, known=known)


def end(one: Ended, known: pl.DataFrame = SAID, now=NOW) -> Callable[[], object]:
    return lambda: ended_rows(PARK, DAY, known, [one], now)


def order(at=NOW, **said: object) -> Callable[[], object]:
    given = {
        "product_id": "P-A",
        "quantity": 1,
        "due": NOW + 300 * MINUTE,
        "market_id": "HOME",
        "weight_cny_per_h": 1.0,
    }
    wanted = NewOrder(**(given | said))
    return lambda: entered(PARK, DAY, PLAN.orders, PLAN.jobs, order_lines(PARK, DAY, PLAN.orders, [wanted], at))


def laid(begun: bool = False, done: bool = False) -> Laid:
    job = frozenset([PLAN.schedule.sort("start")["job_id"][-1]])
    progress = Progress(job if begun or done else frozenset(), job if done else frozenset())
    return laid_out(DayFacts(PARK, DAY, PLAN.orders, PLAN.jobs, PLAN.schedule, PLAN.signal, progress=progress))


def move(job: str | None = None, line: str | None = None, **progress: bool) -> Callable[[], object]:
    last = PLAN.schedule.sort("start").row(-1, named=True)
    asked = Move(job or last["job_id"], line or last["work_center_id"], int(last["start"].timestamp() * 1000))
    return lambda: moved(laid(**progress), [asked], int((NOW + 40 * MINUTE).timestamp() * 1000))


def rush(order_id: str) -> Callable[[], object]:
    def asked() -> None:
        day = laid()
        rushed(day, day.floor.copy(), order_id, int(NOW.timestamp() * 1000))

    return asked


HOUR = timedelta(hours=1)
MANY = pl.concat([SAID, SAID.with_columns(pl.col("start") + HOUR * 2, pl.col("end") + HOUR * 3)])
ABLE = [line.id for line in PARK.work_centers]
REFUSED: dict[str, Callable[[], object]] = {
    "line_unknown": out(Outage("L-none", "crew")),
    "out_backwards": out(Outage(LINE, "crew", NOW + 2 * HOUR, NOW + HOUR)),
    "out_of_day": out(Outage(LINE, "crew", NOW, LAST + HOUR)),
    "out_over": out(Outage(LINE, "crew", FIRST, NOW - MINUTE)),
    "no_reason": out(Outage(LINE, " ")),
    "long_reason": out(Outage(LINE, "x" * 121)),
    "out_already": out(Outage(LINE, "crew", NOW), SAID),
    "out_often": end(Ended(LINE), MANY),
    "not_out": end(Ended(LINE), OUTAGES.empty()),
    "outage_over": end(Ended(LINE, NOW, NOW + HOUR * 2), now=NOW + HOUR),
    "end_before_start": end(Ended(LINE, NOW, NOW - MINUTE)),
    "end_passed": end(Ended(LINE, NOW, NOW + MINUTE), now=NOW + 9 * MINUTE),
    "end_after_day": end(Ended(LINE, NOW, LAST + HOUR)),
    "end_same": end(Ended(LINE, NOW, NOW + HOUR)),
    "not_sold": order(product_id="P-none"),
    "order_known": order(order_id=PLAN.orders["order_id"][0]),
    "no_lot": order(quantity=0),
    "no_market": order(market_id="MOON"),
    "due_passed": order(due=NOW),
    "order_large": order(at=PARK.shifts(DAY)[-1][1] - 10 * MINUTE, due=LAST, quantity=40),
    "order_boards": lambda: priced("p1", 50, 18.2, (CLOSING, BOARDS_CLOSING), at=17.0),
    "order_pushes": lambda: priced("p3", 2000, 17.0, ("17:50", "17:50")),
    "weight": order(weight_cny_per_h=-1.0),
    "none_waits": rush("O-none"),
    "job_unknown": move("J-none"),
    "done": move(done=True),
    "begun": move(begun=True),
    "pinned": lambda: by_hand(laid(), Change([("J", LINE, NOW)], pinned=frozenset("J")), NOW),
    "too_soon": move(PLAN.schedule.sort("setup_start")["job_id"][0]),
}


@pytest.mark.parametrize("key", REFUSED)
def test_a_refusal_is_told_in_both_languages_with_the_names_it_holds(key: str) -> None:
    with pytest.raises(PlanError) as raised:
        REFUSED[key]()
    text = str(raised.value)
    found = PATTERNS[f"refused.{key}"].search(text)
    assert found
    for words in (EN, ZH):
        told = refused(words, text)
        assert told == words.say(f"refused.{key}", **found.groupdict())
        assert any(name in told for name in found.groupdict().values())
    assert any("一" <= letter <= "鿿" for letter in refused(ZH, text))


def test_what_the_run_refuses_is_told_and_so_is_what_it_answers() -> None:
    desk = Desk(PARK, PLAN, Opening())
    kits = pl.DataFrame({"job_id": PLAN.jobs["job_id"], "at": [NOW] * PLAN.jobs.height})
    orders = desk.decide(Image(NOW, {"kits": kits}))
    desk.note(orders, Receipts(1))
    job = orders.releases[0].job_id
    refusal = desk.revise(PLAN.schedule.filter(pl.col("job_id") != job), NOW)
    assert refused(ZH, refusal) == ZH.say("refused.released", job=job)
    assert refused(ZH, "revision 12 of the plan is in force") == "计划第 12 次修订已生效"
    assert refused(ZH, "the plan of 2026-07-15 has changed meanwhile; look") == ZH.say("refused.changed")


def test_what_is_not_known_stays_as_it_is() -> None:
    assert refused(ZH, "the line is on holiday") == "the line is on holiday"


def test_every_sentence_names_what_its_pattern_finds() -> None:
    for language in ("en", "zh"):
        for key, pattern in PATTERNS.items():
            values = {name: f"<{name}>" for name in pattern.groupindex}
            said = catalogue(language)[key].format(**values)
            assert "{" not in said
            assert said
