"""Lines without chance against their recursions, jobs against what was ordered, the power of a minute by hand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from line_runs import Run

from parkwright.twin.layout import SCRAP, STATE_NAMES, Station

NAMES = {name: code for code, name in enumerate(STATE_NAMES)}


@dataclass(frozen=True)
class Stage:
    """A station of the recursion: cycle [s], places, waiting places before it."""

    cycle_s: float
    places: int
    buffer: int


def tandem(stages: list[Stage], units: int) -> np.ndarray:
    """Return when each unit leaves each station (U, K) [s]; blocking after service, units in order of entry.

    A unit begins when the one before it in that place has left, and leaves when the next station has a place or a
    waiting place for it; with places in parallel and constant cycles units keep their order.
    References: Buzacott and Shanthikumar (1993), Stochastic models of manufacturing systems, chapter 6 (recursions).
    """
    leave = np.zeros((units, len(stages)))
    begin = np.zeros((units, len(stages)))
    for u in range(units):
        for k, stage in enumerate(stages):
            arrives = leave[u, k - 1] if k else 0.0
            place = leave[u - stage.places, k] if u >= stage.places else 0.0
            begin[u, k] = max(arrives, place, begin[u - 1, k] if u else 0.0)
            done = begin[u, k] + stage.cycle_s
            if k + 1 < len(stages):
                room = stages[k + 1].places + stages[k + 1].buffer
                done = max(done, leave[u - room, k + 1] if u >= room else 0.0)
            leave[u, k] = max(done, leave[u - 1, k] if u else 0.0)
    return leave


stages = st.lists(
    st.builds(Stage, st.integers(1, 30).map(float), st.integers(1, 3), st.integers(0, 3)), min_size=1, max_size=5
)


def line_of(found: list[Stage]) -> list[Station]:
    return [Station(f"s{n}", one.cycle_s, places=one.places, buffer=one.buffer) for n, one in enumerate(found)]


@settings(max_examples=120)
@given(found=stages, units=st.integers(1, 40), factor=st.sampled_from([1.0, 0.5, 2.0]))
def test_units_leave_a_line_without_chance_when_its_recursion_says(
    found: list[Stage], units: int, factor: float
) -> None:
    run = Run([line_of(found)], [(0, 0, units, 0.0, factor, 0.0)]).to(1e6)
    scaled = [Stage(one.cycle_s * factor, one.places, one.buffer) for one in found]
    wanted = tandem(scaled, units)
    rows = run.rows("passage")
    for k in range(len(found)):
        own = rows[rows["station"] == k]
        assert np.sort(own["end"]) == pytest.approx(np.sort(wanted[:, k]))
    assert run.rows("response")["at"].tolist() == pytest.approx([wanted[-1, -1]])


@settings(max_examples=60)
@given(found=stages, units=st.integers(1, 60))
def test_a_line_without_chance_runs_at_its_slowest_station_in_the_end(found: list[Stage], units: int) -> None:
    run = Run([line_of(found)], [(0, 0, units + 50, 0.0, 1.0, 0.0)]).to(1e6)
    ends = np.sort(run.rows("passage")["end"][run.rows("passage")["station"] == len(found) - 1])
    slowest = max(one.cycle_s / one.places for one in found)
    assert ends[-1] >= (units + 49) * slowest * (1 - 1e-9)
    assert (np.diff(ends) >= -1e-9).all()


@settings(max_examples=60)
@given(found=stages, units=st.integers(1, 30))
def test_the_time_of_a_station_is_what_its_states_say(found: list[Stage], units: int) -> None:
    run = Run([line_of(found)], [(0, 0, units, 0.0, 1.0, 0.0)]).to(1e5)
    rows, log = run.rows("passage"), run.rows("state")
    for k, one in enumerate(found):
        if one.places > 1:
            continue
        own = log[log["station"] == k]
        ran = float((own["end"] - own["start"])[own["code"] == NAMES["run"]].sum())
        assert ran == pytest.approx(units * one.cycle_s)
        mine = rows[rows["station"] == k]
        held = float((mine["end"] - mine["start"]).sum()) - units * one.cycle_s
        blocked = float((own["end"] - own["start"])[own["code"] == NAMES["blocked"]].sum())
        assert blocked == pytest.approx(held, abs=1e-6)


jobs = st.lists(st.tuples(st.integers(0, 1), st.integers(1, 12), st.sampled_from([0.0, 25.0])), min_size=1, max_size=8)


@settings(max_examples=60)
@given(ordered=jobs, share=st.sampled_from([0.0, 0.3]), seed=st.integers(0, 50))
def test_every_job_is_answered_once_with_as_many_units_as_were_ordered(
    ordered: list[tuple[int, int, float]], share: float, seed: int
) -> None:
    lines = [
        [Station(f"l{n}a", 5.0, 0.3, buffer=1), Station(f"l{n}t", 7.0, 0.3, fail_share=share, scrap_share=0.5)]
        for n in (0, 1)
    ]
    sent = [(line, 0, count, setup, 1.0, 0.0) for line, count, setup in ordered]
    run = Run(lines, sent, seed=seed).to(1e5)
    responses = run.rows("response")
    assert sorted(responses["job"].tolist()) == list(range(len(ordered)))
    for job, (line, count, _) in enumerate(ordered):
        state = run.state.job[job]
        assert (state["line"], state["started"]) == (line, count)
        assert state["good"] + state["scrapped"] == count
        mine = run.rows("passage")[run.rows("passage")["job"] == job]
        assert len(np.unique(mine["unit"])) == count
        assert (mine["result"] == SCRAP).sum() == state["scrapped"]
        assert responses["at"][responses["job"] == job][0] == mine["end"].max()
    for line in (0, 1):
        order = [job for job, (on, _, _) in enumerate(ordered) if on == line]
        firsts = [run.state.job[job]["first"] for job in order]
        assert firsts == sorted(firsts)


@settings(max_examples=40)
@given(ordered=jobs, seed=st.integers(0, 50))
def test_two_lines_know_nothing_of_each_other(ordered: list[tuple[int, int, float]], seed: int) -> None:
    lines = [
        [Station(f"l{n}a", 5.0, 0.4, mtbf_s=60.0, mttr_s=9.0), Station(f"l{n}b", 4.0, 0.4, buffer=2)] for n in (0, 1)
    ]
    sent = [(line, 0, count, setup, 1.0, 0.0) for line, count, setup in ordered]
    both = Run(lines, sent, seed=seed).to(1e5).rows("passage")
    for line in (0, 1):
        alone = Run([lines[line]], [(0, *job[1:]) for job in sent if job[0] == line], seed=seed).to(1e5).rows("passage")
        mine = both[(both["station"] // 2) == line]
        assert sorted(mine["end"].tolist()) == sorted(alone["end"].tolist())


@settings(max_examples=40)
@given(stock=st.integers(0, 12), made=st.integers(0, 10), wanted=st.integers(1, 10), pieces=st.integers(1, 3))
def test_no_board_is_built_in_twice_and_none_before_it_is_made(stock: int, made: int, wanted: int, pieces: int) -> None:
    lines = [[Station("smt", 10.0)], [Station("asm", 3.0)]]
    sent = [(1, 1, wanted, 0.0, 1.0, 0.0)] + ([(0, 0, made, 0.0, 1.0, 0.0)] if made else [])
    run = Run(lines, sent, boards=(True, False), needs=((), ((0, pieces),)), stock=(stock, 0)).to(1e5)
    taken = run.rows("assembly")
    assert len(np.unique(taken["component"])) == len(taken)
    possible = min(wanted, (stock + made) // pieces)
    assert len(taken) == possible * pieces
    born = dict(zip(run.rows("passage")["unit"].tolist(), run.rows("passage")["end"].tolist(), strict=True))
    for component, at in zip(taken["component"].tolist(), taken["at"].tolist(), strict=True):
        assert component < 0 or at >= born[component]
    assert int(run.state.job[0]["good"]) == possible


@settings(max_examples=40)
@given(
    windows=st.lists(st.integers(1, 400), min_size=2, max_size=8, unique=True).map(sorted),
    units=st.integers(1, 80),
    cycle=st.integers(1, 20).map(float),
)
def test_a_single_station_works_off_its_hours_unit_by_unit(windows: list[int], units: int, cycle: float) -> None:
    spans = [(float(a), float(b)) for a, b in zip(windows[::2], windows[1::2], strict=False)]
    run = Run([[Station("a", cycle)]], [(0, 0, units, 0.0, 1.0, 0.0)], spans).to(1e4)
    starts, free = [], 0.0
    for low, high in spans:
        at = max(low, free)
        while at < high and len(starts) < units:
            starts.append(at)
            at = free = at + cycle
    assert run.rows("start")["at"].tolist() == pytest.approx(starts)
    if len(starts) == units:
        assert run.rows("response")["at"].tolist() == pytest.approx([starts[-1] + cycle])
    else:
        assert len(run.rows("response")) == 0
