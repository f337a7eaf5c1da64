"""A line out of use for a while: work pauses over it or waits behind it, in the plan laid out and in the search."""

from __future__ import annotations

import numpy as np
import polars as pl
from hypothesis import example, given, settings
from hypothesis import strategies as st
from laid_day import DAY, ORDERS, PARK, jobs, laid, ms, planned, stepped
from make_park import local

from parkwright.make.laid import Laid, lay, scheduled
from parkwright.make.park_check import check, check_cap
from parkwright.make.problem import lines_of
from parkwright.make.reason import reason
from parkwright.make.replan import Effort, Wishes, replanned, rest_of
from parkwright.model.tables import OUTAGES, TIME

HOUR = 3_600_000


def out(*spans: tuple[str, float, float]) -> pl.DataFrame:
    """OUTAGES of lines between hours of the day."""
    schema = {name: pl.Datetime("us", "UTC") if kind == TIME else kind for name, kind in OUTAGES.schema.items()}
    rows = [(line, local(start), local(end), "maintenance", "", local(start), "") for line, start, end in spans]
    return pl.DataFrame(rows, schema=schema, orient="row").cast(OUTAGES.schema)


def with_out(outages: pl.DataFrame, schedule: pl.DataFrame | None = None, frozen: int | None = None) -> Laid:
    plan = planned().schedule if schedule is None else schedule
    return lay(PARK, DAY, ORDERS, jobs(), plan, stepped(), outages=outages, frozen_until=frozen)


def second_on(made: Laid, line_id: str) -> int:
    """The operation that the plan has second on a line."""
    placed = made.plan(made.floor)
    on_line = np.flatnonzero(placed[:, 0] == made.line(line_id))
    return int(on_line[np.argsort(placed[on_line, 2])][1])


def planned_begin(op: int) -> int:
    """When the plan begins an operation [ms]."""
    made = laid()
    return int(made.plan(made.floor)[op, 1])


def before_second() -> tuple[int, pl.DataFrame]:
    """The second operation of line B, and an outage of two hours that begins a minute before it would."""
    op = second_on(laid(), "B")
    start = (planned_begin(op) - ms(0.0)) / HOUR - 1 / 60
    return op, out(("B", start, start + 2.0))


def broken(schedule: pl.DataFrame, outages: pl.DataFrame) -> list[str]:
    return check(PARK, jobs(), ORDERS, schedule, outages)


def test_the_hours_of_a_line_are_its_shifts_without_its_outages_and_only_its_own():
    lines = lines_of(PARK, DAY, out(("B", 7.0, 8.0), ("B", 7.5, 9.0), ("B", 2.0, 3.0)))
    plain = lines_of(PARK, DAY)
    a, b = [line.id for line in PARK.work_centers].index("A"), [line.id for line in PARK.work_centers].index("B")
    opened, closed = lines.hours(b)
    assert int((closed - opened).sum()) == plain.working_ms - 2 * HOUR
    assert ms(9.0) in opened
    assert ms(7.0) in closed
    assert np.array_equal(lines.hours(a)[0], plain.opened)
    assert lines.working_ms == plain.working_ms


def test_a_job_that_runs_pauses_over_the_outage_and_what_comes_after_waits():
    before = laid()
    placed, op = before.plan(before.floor), second_on(before, "B")
    on_line = np.flatnonzero(placed[:, 0] == before.line("B"))
    middle = (placed[op, 2] + placed[op, 3]) / 2
    start = (middle - ms(0.0)) / HOUR
    outages = out(("B", start, start + 1.0))
    made = with_out(outages)
    after = made.plan(made.floor)
    assert after[op, [0, 1, 2]].tolist() == placed[op, [0, 1, 2]].tolist()
    assert after[op, 3] - placed[op, 3] == HOUR
    earlier = on_line[placed[on_line, 2] < placed[op, 2]]
    assert np.array_equal(after[earlier], placed[earlier])
    behind = on_line[placed[on_line, 2] > placed[op, 2]]
    assert (after[behind, 2] >= placed[behind, 2]).all()
    elsewhere = placed[:, 0] == before.line("A")
    assert np.array_equal(after[elsewhere], placed[elsewhere])
    assert broken(scheduled(made, after), outages) == []
    assert any("do not all enter" in one or "is taken until" in one for one in broken(planned().schedule, outages))
    kwh = scheduled(made, after)["energy_kwh"].sum()
    assert abs(kwh - planned().schedule["energy_kwh"].sum()) < 1e-6


def test_a_plan_made_with_an_outage_is_laid_out_again_as_it_is():
    outages = out(("B", 7.3, 9.1), ("A", 8.0, 8.25))
    first = with_out(outages)
    schedule = scheduled(first, first.plan(first.floor))
    again = with_out(outages, schedule)
    assert scheduled(again, again.plan(again.floor)).equals(schedule)


def test_a_line_that_is_out_takes_nothing_meanwhile_and_the_search_goes_round_it():
    outages, horizon = out(("B", 7.5, 24.0)), ms(7.5)
    made = with_out(outages, frozen=horizon)
    by_hand, line = made.plan(made.floor), made.line("B")
    found = replanned(made, by_hand, Wishes(horizon), 1, Effort(rounds=1))
    schedule = scheduled(made, found)
    first = set(broken(planned().schedule, outages))
    assert [one for one in broken(schedule, outages) if one not in first] == []
    later = (found[:, 0] == line) & (found[:, 1] >= horizon)
    assert not later.any()
    assert (by_hand[:, 0] < 0).sum() > (found[:, 0] < 0).sum()


def test_a_job_that_runs_when_its_line_goes_out_for_good_stays_there_and_ends_after_the_day():
    plain = laid()
    placed = plain.plan(plain.floor)
    op = second_on(plain, "B")
    now = (placed[op, 2] + placed[op, 3]) // 2
    outages = out(("B", (now - ms(0.0)) / HOUR, 24.0))
    made = with_out(outages, frozen=now)
    row = made.standing[op]
    assert row[:3].tolist() == placed[op, :3].tolist()
    assert abs(row[3] - (ms(24.0) + placed[op, 3] - now)) <= 1
    found = replanned(made, made.plan(made.floor), Wishes(now), 1, Effort(rounds=1))
    assert found[op].tolist() == row.tolist()
    again = with_out(outages, scheduled(made, found))
    assert again.standing[op].tolist() == row.tolist()
    assert op not in with_out(outages, frozen=ms(6.0)).standing


def test_what_an_outage_delays_past_the_horizon_keeps_its_line_if_it_was_to_begin_before():
    op, outages = before_second()
    horizon = int(planned_begin(op)) + HOUR // 2
    made = with_out(outages, frozen=horizon)
    placed = made.plan(made.floor)
    problem = rest_of(made, placed, Wishes(horizon))
    kept = {one.op for one in problem.kept}
    assert kept == set(np.flatnonzero((made.was[:, 0] >= 0) & (made.was[:, 1] < horizon)).tolist())
    delayed = {one.op: one.line for one in problem.kept if one.begin > horizon}
    assert op in delayed
    assert set(delayed.values()) == {made.line("B")}


def test_jobs_that_were_to_begin_soon_stand_one_behind_the_other_and_break_nothing_new():
    op = second_on(laid(), "B")
    first = (planned_begin(op) - ms(0.0)) / HOUR - 1 / 60
    outages = out(("B", first, 24.0))
    made = with_out(outages, frozen=ms(first) + HOUR // 2)
    stood = sorted((row[3], n) for n, row in made.standing.items())
    assert len(stood) > 1
    work = [int(made.day.arrays.work[n, made.line("B")]) for _, n in stood]
    gaps = np.diff([leave for leave, _ in stood])
    assert gaps.tolist() == work[1:]
    schedule = scheduled(made, made.plan(made.floor))
    known = set(broken(planned().schedule, outages))
    assert [one for one in broken(schedule, outages) if one not in known] == []


def test_a_job_planned_for_later_may_not_stand_on_a_line_that_is_out():
    outages = out(("B", 6.5, 24.0))
    on_b = pl.col("work_center_id") == "B"
    later = planned().schedule.filter(on_b & (pl.col("setup_start") > local(7.5)))
    assert later.height
    assert any(later["job_id"][0] in one for one in broken(later, outages))


def test_a_reason_names_the_outage_that_a_job_waits_for():
    op, outages = before_second()
    made = with_out(outages)
    found = reason(made, made.day.jobs["job_id"][op], 0)
    assert found is not None
    back = int(outages["end"].dt.epoch("ms")[0])
    assert [bound.at for bound in found.bounds if bound.what == "outage"] == [back]
    assert "shift" not in {bound.what for bound in found.bounds}
    assert found.place.start >= back


@settings(max_examples=12, deadline=None)
@example([("B", 20, 25), ("B", 45, 40)], 28)
@given(
    st.lists(st.tuples(st.sampled_from(["SMT", "A", "B"]), st.integers(20, 60), st.integers(1, 40)), max_size=3),
    st.integers(24, 48),
)
def test_whatever_goes_out_the_plan_by_hand_and_the_search_keep_it(spans: list[tuple[str, int, int]], frozen: int):
    outages = out(*[(line, start / 4, min(24.0, (start + length) / 4)) for line, start, length in spans])
    made = with_out(outages, frozen=ms(frozen / 4))
    known = set(broken(planned().schedule, outages))
    by_hand = made.plan(made.floor)
    found = replanned(made, by_hand, Wishes(ms(frozen / 4)), 1, Effort(rounds=0))
    for placed in (by_hand, found):
        assert [one for one in broken(scheduled(made, placed), outages) if one not in known] == []
    frozen_rows = (made.was[:, 0] >= 0) & (made.was[:, 1] < ms(frozen / 4)) & (by_hand[:, 0] >= 0)
    assert np.array_equal(by_hand[frozen_rows, 0], found[frozen_rows, 0])


def test_a_line_that_is_out_draws_nothing_of_the_site_s_cap():
    before = laid()
    placed, op = before.plan(before.floor), second_on(before, "B")
    start = ((placed[op, 2] + placed[op, 3]) / 2 - ms(0.0)) / HOUR
    gone = out(("B", start, start + 2.0))
    made = with_out(gone)
    one = scheduled(made, made.plan(made.floor)).filter(pl.col("job_id") == made.day.jobs["job_id"][op])
    assert one["start"][0] < local(start)
    assert one["end"][0] > local(start + 2.0)
    signal = stepped().with_columns(cap_kw=pl.lit(0.0))
    instants = [signal["start"].filter(signal["start"] <= local(at))[-1] for at in (start, start + 1.0, start + 2.0)]
    for outages, draws in ((gone, [True, False, True]), (None, [True, False, False])):
        found = check_cap(PARK, jobs(), one, signal, [0.0] * signal.height, outages)
        assert [any(f"interval {at}:" in each for each in found) for at in instants] == draws
