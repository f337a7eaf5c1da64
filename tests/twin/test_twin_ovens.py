"""A line with room: alike jobs go in together, whole, into an empty machine, and come out together."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from line_runs import Run

from parkwright.twin.layout import RUN, SETUP, Station

RUN_S = 100.0


def job(quantity, family=0, factor=1.0, setup_s=0.0, at=0.0, product=0):
    """A release to the oven."""
    return (0, product, quantity, setup_s, factor, at, family)


def oven(jobs, room=6, cycle_cv=0.0, **options):
    """An oven with jobs in its queue."""
    fields = {name: options.pop(name) for name in ("mtbf_s", "mttr_s") if name in options}
    return Run([[Station("ov", RUN_S, cycle_cv, places=room, **fields)]], jobs, rooms=(room,), **options)


def runs(run):
    """Return (start, end, {job: units}) of each run, by start."""
    found = {}
    for row in run.rows("passage"):
        counts = found.setdefault((float(row["start"]), float(row["end"])), {})
        counts[int(row["job"])] = counts.get(int(row["job"]), 0) + 1
    return [(*span, found[span]) for span in sorted(found)]


def test_two_alike_jobs_share_one_run_and_its_running_time():
    run = oven([job(2), job(4)]).to(1000.0)
    assert runs(run) == [(0.0, RUN_S, {0: 2, 1: 4})]
    working = [row for row in run.rows("state") if row["code"] == RUN]
    assert [(row["start"], row["end"]) for row in working] == [(0.0, RUN_S)]
    assert run.rows("response")["job"].tolist() == [0, 1]


def test_a_job_that_finds_no_room_or_is_not_alike_comes_in_the_next_run():
    assert runs(oven([job(4), job(3)]).to(1000.0)) == [(0.0, 100.0, {0: 4}), (100.0, 200.0, {1: 3})]
    assert runs(oven([job(2), job(2, family=1)]).to(1000.0)) == [(0.0, 100.0, {0: 2}), (100.0, 200.0, {1: 2})]
    assert runs(oven([job(2), job(2, factor=1.5)]).to(1000.0)) == [(0.0, 100.0, {0: 2}), (100.0, 250.0, {1: 2})]


def test_the_queue_keeps_its_order_and_nothing_joins_a_run_that_has_begun():
    found = runs(oven([job(2), job(2, family=1), job(2)]).to(1000.0))
    assert found == [(0.0, 100.0, {0: 2}), (100.0, 200.0, {1: 2}), (200.0, 300.0, {2: 2})]
    late = oven([job(2)]).to(50.0)
    late.send([job(2, at=50.0)])
    assert runs(late.to(1000.0)) == [(0.0, 100.0, {0: 2}), (100.0, 200.0, {1: 2})]


def test_a_changeover_waits_for_the_empty_machine_and_comes_once_a_run():
    run = oven([job(2), job(1, family=1, setup_s=30.0), job(1, family=1)]).to(1000.0)
    assert runs(run) == [(0.0, 100.0, {0: 2}), (130.0, 230.0, {1: 1, 2: 1})]
    assert [(row["start"], row["end"]) for row in run.rows("state") if row["code"] == SETUP] == [(100.0, 130.0)]


def test_a_run_begins_in_working_time_only_and_is_finished_after_it():
    run = oven([job(2), job(5)], working_times=((0.0, 40.0), (500.0, 900.0))).to(1000.0)
    assert runs(run) == [(0.0, 100.0, {0: 2}), (500.0, 600.0, {1: 5})]


def test_a_job_goes_in_when_the_boards_for_all_its_units_are_there_and_others_need_not_wait():
    options = {"boards": (False, True), "needs": (((1, 1),), ())}
    few = oven([job(3)], stock=(0, 2), **options).to(1000.0)
    assert runs(few) == []
    assert few.state.line["waits"][0] == 1
    part = oven([job(2), job(3)], stock=(0, 4), **options).to(1000.0)
    assert runs(part) == [(0.0, 100.0, {0: 2})]
    assert len(part.rows("assembly")) == 2
    assert len(oven([job(2), job(3)], stock=(0, 5), **options).to(1000.0).rows("assembly")) == 5


def test_a_breakdown_holds_the_whole_run_and_all_of_it_comes_out_together():
    run = oven([job(3), job(3)] * 20, mtbf_s=150.0, mttr_s=20.0, seed=3).to(1e5)
    spans = [end - start for start, end, _ in runs(run)]
    assert len(spans) == 20
    assert min(spans) == pytest.approx(RUN_S)
    assert max(spans) > RUN_S + 1


@settings(max_examples=60)
@given(
    jobs=st.lists(
        st.tuples(st.integers(1, 6), st.integers(0, 2), st.sampled_from([1.0, 2.0])), min_size=1, max_size=25
    ),
    cycle_cv=st.sampled_from([0.0, 0.4]),
    mttr_s=st.sampled_from([0.0, 30.0]),
    stops=st.lists(st.floats(1.0, 4000.0), max_size=4),
)
def test_every_unit_has_one_run_and_no_run_is_mixed_too_full_or_beside_another(jobs, cycle_cv, mttr_s, stops):
    sent = [job(quantity, family, factor) for quantity, family, factor in jobs]
    options = {"cycle_cv": cycle_cv, "mtbf_s": 400.0 if mttr_s else 0.0, "mttr_s": mttr_s}
    run = oven(sent, **options).to(*sorted(stops), 1e6)
    found = runs(run)
    made = {}
    for _, _, counts in found:
        assert sum(counts.values()) <= 6
        assert len({jobs[n][1:] for n in counts}) == 1
        assert not made.keys() & counts.keys()
        made |= counts
    assert made == {n: quantity for n, (quantity, _, _) in enumerate(jobs)}
    assert all(before[1] <= after[0] for before, after in pairwise(found))
    assert run.bytes() == oven(sent, **options).to(*sorted(stops), 1e6).bytes()
    whole = oven(sent, **options).to(1e6)
    assert np.array_equal(whole.rows("passage"), run.rows("passage"))
