"""The rest of a day planned again: what runs stays, pins hold, a broken line is left, and it never gets dearer."""

from __future__ import annotations

import numpy as np
import polars as pl
from laid_day import DAY, ORDERS, PARK, differing, jobs, laid, ms, planned, stepped

from parkwright.make.floor import Rates
from parkwright.make.laid import counted, lay, placed_on, scheduled
from parkwright.make.park_check import check
from parkwright.make.replan import Effort, Wishes, replanned, rest_of
from parkwright.make.whatif import Move, moved


def again(made, floor, wishes: Wishes, seed: int = 1, rounds: int = 1) -> np.ndarray:
    return replanned(made, placed_on(floor), wishes, seed, Effort(rounds=rounds))


def cost(made, placed: np.ndarray) -> float:
    return counted(made.problem, placed).total_cny


def test_what_begins_before_the_horizon_stays_and_the_rest_is_no_dearer():
    made, horizon = laid(), ms(7.2)
    bad = moved(made, [Move("J-O-02", "A", ms(13.0)), Move("J-O-15", "A", ms(13.5))], 0)
    before = placed_on(bad)
    after = again(made, bad, Wishes(horizon))
    frozen = before[:, 1] < horizon
    assert frozen.sum() > 5
    assert np.array_equal(before[frozen], after[frozen])
    assert (after[~frozen, 1] >= horizon).all()
    assert cost(made, after) < cost(made, before)
    assert check(PARK, jobs(), ORDERS, scheduled(made, after)) == []


def test_the_same_seed_gives_the_same_plan():
    made = laid()
    assert np.array_equal(again(made, made.floor, Wishes(0)), again(made, made.floor, Wishes(0)))


def test_a_pinned_job_goes_back_to_where_the_plan_had_it():
    made = laid()
    op = made.op("J-O-02")
    line = PARK.work_centers[int(made.was[op, 0])].id
    floor = moved(made, [Move("J-O-15", line, int(made.was[op, 2]))], 0)
    assert placed_on(floor)[op, 2] > made.was[op, 2]
    back = again(made, floor, Wishes(ms(6.0), frozenset({"J-O-02"})))
    assert back[op, [0, 2]].tolist() == made.was[op, [0, 2]].tolist()


def test_a_job_moved_by_hand_keeps_its_line_and_time():
    made = laid()
    floor = moved(made, [Move("J-O-02", "A", ms(13.0))], 0)
    loose, held = again(made, floor, Wishes(ms(6.5))), again(made, floor, Wishes(ms(6.5), moved=frozenset({"J-O-02"})))
    op = made.op("J-O-02")
    assert loose[op, 2] != ms(13.0)
    assert held[op, [0, 2]].tolist() == [made.line("A"), ms(13.0)]


def test_a_rushed_order_comes_earlier_in_the_search_too():
    made = laid()
    op = made.op("J-O-04")
    after = again(made, made.floor, Wishes(ms(6.75), rushed=frozenset({"O-04"})))
    assert after[op, 4] < placed_on(made.floor)[op, 4]
    assert check(PARK, jobs(), ORDERS, scheduled(made, after)) == []


def test_nervousness_keeps_jobs_where_they_are():
    made = laid()
    floor = moved(made, [Move("J-O-02", "A", ms(13.0)), Move("J-O-15", "A", ms(13.5))], 0)
    before = placed_on(floor)
    calm = again(made, floor, Wishes(ms(6.0), rates=Rates(moved_cny=1e6, shifted_cny_per_h=1e6)))
    assert len(differing(before, calm)) < len(differing(before, again(made, floor, Wishes(ms(6.0)))))


def test_a_job_that_was_left_out_finds_a_place():
    short = planned().schedule.filter(pl.col("job_id") != "J-O-07")
    made = lay(PARK, DAY, ORDERS, jobs(), short, stepped())
    assert again(made, made.floor, Wishes(ms(6.6)), rounds=0)[made.op("J-O-07"), 0] >= 0


def test_nothing_to_move_is_no_harm():
    made = laid()
    assert np.array_equal(again(made, made.floor, Wishes(ms(24.0))), placed_on(made.floor))


def test_the_search_tells_how_it_goes_and_stops_when_asked():
    made, told = laid(), []
    effort = Effort(rounds=50, stop=lambda: len(told) >= 3, progress=lambda share, cost: told.append(cost))
    replanned(made, placed_on(made.floor), Wishes(ms(7.2)), 1, effort)
    assert len(told) == 3
    assert told == sorted(told, reverse=True)


def test_the_rest_of_a_day_keeps_what_began():
    made, horizon = laid(), ms(7.2)
    placed = placed_on(made.floor)
    problem = rest_of(made, placed, Wishes(horizon))
    kept = {one.op for one in problem.kept}
    assert kept == set(np.flatnonzero((placed[:, 1] < horizon) & (placed[:, 0] >= 0)).tolist())
    assert all(placed[one.op].tolist() == [one.line, one.begin, one.start, one.leave, one.end] for one in problem.kept)
    assert (problem.operations.ready >= horizon).all()
