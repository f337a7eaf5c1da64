"""Releases: lines are fed just ahead, jobs without kit are passed over, changeovers follow what was released."""

from __future__ import annotations

import polars as pl
from make_park import DAY, flat_signal, local, order_lines, small_park

from parkwright.make.execute import AHEAD_S, boards_free, entered, made, queue_of, releases, sheet
from parkwright.make.jobs import explode
from parkwright.make.park_day import dispatch
from parkwright.model.command import JobRelease
from parkwright.model.tables import PASSAGES, PRESENCE
from parkwright.supply.available import kits

PARK = small_park()
ORDERS = order_lines(*((f"o{n:02d}", ("p3", "p2")[n % 2], 10, 12 if n == 7 else 0, 22) for n in range(30)))
JOBS = explode(PARK, ORDERS, kits(PARK, ORDERS))
SCHEDULE = dispatch(PARK, JOBS, ORDERS, DAY, flat_signal()).schedule
SHEET = sheet(PARK, SCHEDULE, JOBS, ORDERS)
ALL = set(JOBS["job_id"])
ORDER_ON_A = [job.job_id for job in SHEET.by_line["A"]]


def on(line_id, found):
    return [release.job_id for release in found.releases if release.work_center_id == line_id]


def test_the_sheet_holds_each_line_in_the_order_of_the_plan():
    planned = SCHEDULE.filter(pl.col("work_center_id") == "A").sort("setup_start")["job_id"].to_list()
    assert planned == ORDER_ON_A
    assert SHEET.job[planned[0]].work_center_id == "A"
    assert SHEET.by_line["B"] == ()


def test_a_line_gets_enough_work_and_no_more():
    found = releases(SHEET, [], ALL, {}, local(6))
    work_s = sum(SHEET.job[job_id].work_s for job_id in on("A", found))
    assert on("A", found) == ORDER_ON_A[: len(on("A", found))]
    assert AHEAD_S <= work_s < AHEAD_S + SHEET.job[on("A", found)[-1]].work_s


def test_a_line_with_enough_waiting_gets_nothing():
    assert on("A", releases(SHEET, [], ALL, {"A": 30}, local(6))) == []
    assert len(on("A", releases(SHEET, [], ALL, {"A": 29}, local(6)))) == 1


def test_what_was_released_is_not_released_again():
    first = on("A", releases(SHEET, [], ALL, {}, local(6)))
    second = on("A", releases(SHEET, first, ALL, {}, local(6)))
    assert second == ORDER_ON_A[len(first) : len(first) + len(second)]


def test_a_job_without_kit_is_passed_over_and_said_so_when_its_time_has_come():
    missing = ORDER_ON_A[0]
    found = releases(SHEET, [], ALL - {missing}, {}, local(7))
    assert missing not in on("A", found)
    assert on("A", found)[0] == ORDER_ON_A[1]
    assert [(refusal.thing_id, refusal.reason) for refusal in found.passed_over] == [
        (missing, "its kit has not arrived")
    ]
    assert releases(SHEET, [], ALL - {missing}, {}, local(5)).passed_over == ()


def test_a_job_before_the_release_of_its_order_waits_with_that_reason():
    released = [job_id for job_id in ORDER_ON_A if job_id != "J-o07"]
    early = releases(SHEET, released, ALL, {}, local(11))
    assert on("A", early) == []
    assert on("A", releases(SHEET, released, ALL, {}, local(12))) == ["J-o07"]


def test_the_changeover_is_from_the_job_released_last_on_that_line():
    first = next(r for r in releases(SHEET, [], ALL, {}, local(6)).releases if r.work_center_id == "A")
    assert first == JobRelease(first.job_id, first.product_id, "ASM", first.family_id, "A", 10, 120)
    families = {job.family_id: job.job_id for job in SHEET.by_line["A"]}
    left = [job_id for job_id in ORDER_ON_A if SHEET.job[job_id].family_id == "fb"]
    after_fa = releases(SHEET, [families["fa"]], set(left), {}, local(13)).releases[0]
    after_fb = releases(SHEET, [families["fa"], left[-1]], set(left[:-1]), {}, local(13)).releases[0]
    assert (after_fa.setup_s, after_fb.setup_s) == (60, 0)


def test_nothing_is_passed_over_twice_in_one_answer_and_every_job_is_released_in_the_end():
    released: list[str] = []
    for _ in range(100):
        found = releases(SHEET, released, ALL, {}, local(21))
        released += [release.job_id for release in found.releases]
        assert found.passed_over == ()
    assert sorted(released) == sorted(SCHEDULE["job_id"])


def passages(*rows):
    return pl.DataFrame(
        [(u, "J", "ASM", w, local(6), local(7), r) for u, w, r in rows], schema=PASSAGES.schema, orient="row"
    )


def test_units_that_left_the_first_station_are_counted_reworks_and_later_stations_not():
    table = passages(("u1", "A-asm", "ok"), ("u2", "A-asm", "scrap"), ("u3", "A-asm", "fail"), ("u1", "A-pack", "ok"))
    assert entered(PARK, table) == {"SMT": 0, "A": 2, "B": 0}


def test_the_queue_is_what_was_released_and_has_not_entered():
    presence = pl.DataFrame(
        [("u9", "J", "ASM", "A-asm", local(7)), ("u8", "J", "ASM", "A-pack", local(7))],
        schema=PRESENCE.schema,
        orient="row",
    )
    assert queue_of(SHEET, ORDER_ON_A[:2], {"A": 4}, presence) == {"SMT": 0, "A": 15, "B": 0}
    assert queue_of(SHEET, [], {"A": 4}, presence)["A"] == 0


BOARD_ORDERS = order_lines(("big", "p1", 60, 0, 22), ("small", "p1", 10, 0, 22), ("plain", "p3", 10, 0, 22))
BOARD_JOBS = explode(PARK, BOARD_ORDERS, kits(PARK, BOARD_ORDERS))
BOARD_SHEET = sheet(
    PARK, dispatch(PARK, BOARD_JOBS, BOARD_ORDERS, DAY, flat_signal()).schedule, BOARD_JOBS, BOARD_ORDERS
)
BOARD_KITS = set(BOARD_JOBS["job_id"])


def test_a_job_whose_boards_are_not_built_is_passed_over_with_the_number_that_lacks():
    free = boards_free(BOARD_SHEET, [], {})
    assert free == {"b1": 40, "b2": 40}
    found = releases(BOARD_SHEET, [], BOARD_KITS, {}, local(21), free)
    sent = {release.job_id for release in found.releases}
    assert {"J-small", "J-plain"} <= sent
    assert "J-big" not in sent
    assert any(r.thing_id == "J-big" and "boards b1 are not built yet" in r.reason for r in found.passed_over)


def test_boards_that_a_released_job_has_spoken_for_are_not_given_twice():
    assert boards_free(BOARD_SHEET, ["J-small"], {"b1": 5})["b1"] == 40 + 5 - 10
    assert "J-big" in {
        r.job_id for r in releases(BOARD_SHEET, [], BOARD_KITS, {}, local(21), {"b1": 70, "b2": 0}).releases
    }
    one_short = releases(BOARD_SHEET, [], BOARD_KITS, {}, local(21), {"b1": 69, "b2": 0})
    sent = {r.job_id for r in one_short.releases}
    assert ("J-big" in sent) != ("J-small" in sent)


def test_only_good_boards_that_left_their_line_count_as_made():
    board_job = next(job for job in BOARD_SHEET.job.values() if job.product_id == "b1")
    last = PARK.work_center[board_job.work_center_id].work_unit[-1].id
    rows = [
        ("u1", board_job.job_id, last, "ok"),
        ("u2", board_job.job_id, last, "scrap"),
        ("u3", board_job.job_id, last, "fail"),
        ("u4", "J-plain", PARK.work_center["A"].work_unit[-1].id, "ok"),
    ]
    passages = pl.DataFrame(
        [(unit, job, "S", station, local(7), local(8), result) for unit, job, station, result in rows],
        schema=PASSAGES.schema,
        orient="row",
    )
    assert made(BOARD_SHEET, passages) == {"b1": 1}
