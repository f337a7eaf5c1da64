"""The clock of a floor: every look-up equals walking through the time minute by minute."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from floor_cases import sum_by_hand
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.make.clock import cut_at, in_one_go, opens, worked
from parkwright.make.floor import W_CUT, Floor, LineSet, Operations, Problem, Rates, floor_of
from parkwright.make.hours import ENERGY, EXTRA, HOUR_MS, Steps, Windows
from parkwright.make.settle import done_from, open_from

MINUTE = 60_000
LAST = 400
"""No window closes after this minute."""


@dataclass(frozen=True)
class Day:
    """A table of hours as the kernel has it, and minute by minute: open, price of 1 kW [CNY/h], premium [CNY/h]."""

    floor: Floor
    is_open: list[bool]
    price: list[float]
    premium: list[float]


@st.composite
def days(draw) -> Day:
    edges = draw(st.lists(st.integers(0, LAST), min_size=2, max_size=10, unique=True).map(sorted))
    edges = edges[: len(edges) // 2 * 2]
    premiums = draw(st.lists(st.integers(0, 90), min_size=len(edges) // 2, max_size=len(edges) // 2))
    cuts = draw(st.lists(st.integers(0, LAST), min_size=2, max_size=6, unique=True).map(sorted))
    cny = np.array(draw(st.lists(st.floats(0, 2), min_size=len(cuts) - 1, max_size=len(cuts) - 1)))
    kg = np.array(draw(st.lists(st.floats(0, 1), min_size=len(cuts) - 1, max_size=len(cuts) - 1)))
    carbon = draw(st.sampled_from([0.0, 0.5]))
    windows = Windows(np.array(edges[::2]) * MINUTE, np.array(edges[1::2]) * MINUTE, np.array(premiums, dtype=float))
    operations = Operations(
        *(np.zeros(1, dtype=int) for _ in range(4)), np.zeros(1), np.zeros(1),
        work=np.ones((1, 1), dtype=int), tail=np.zeros((1, 1), dtype=int), kw=np.ones((1, 1)),
    )  # fmt: skip
    lines = LineSet(*(np.zeros(1, dtype=int) for _ in range(3)), np.zeros(1), np.zeros((1, 2, 1), dtype=int))
    links, steps = np.zeros((0, 2), dtype=int), Steps(np.array(cuts) * MINUTE, cny, kg)
    floor = floor_of(Problem(operations, lines, links, [windows], steps, Rates(carbon_cny_per_kg=carbon)))
    is_open, price, premium = [], [], []
    for minute in range(LAST + 1):
        window = next((n for n in range(len(edges) // 2) if edges[2 * n] <= minute < edges[2 * n + 1]), None)
        step = min(max(sum(cut <= minute for cut in cuts) - 1, 0), len(cny) - 1)
        is_open.append(window is not None)
        price.append(float(cny[step] + carbon * kg[step]))
        premium.append(0.0 if window is None else float(premiums[window]))
    return Day(floor, is_open, price, premium)


def first_open(day: Day, minute: int) -> int:
    return next((m for m in range(max(minute, 0), LAST + 1) if day.is_open[m]), -1)


minutes = st.integers(-20, LAST + 30)


@settings(max_examples=150)
@given(day=days(), at=minutes)
def test_a_line_opens_at_the_first_working_instant(day: Day, at: int) -> None:
    found = opens(day.floor.ints, 0, at * MINUTE)
    wanted = first_open(day, at)
    assert found == (wanted * MINUTE if wanted >= 0 else -1)


@settings(max_examples=150)
@given(day=days(), at=minutes, work=st.integers(1, 120))
def test_work_is_over_when_that_many_working_minutes_have_passed(day: Day, at: int, work: int) -> None:
    left, minute = work, max(at, 0)
    while left and minute <= LAST:
        left -= day.is_open[minute]
        minute += 1
    w, cut = day.floor.ints, int(day.floor.ints[W_CUT])
    last = int(day.floor.scale[0, 2]) - 1
    k = open_from(w, cut, last, cut_at(w, 0, at * MINUTE), at * MINUTE)
    found = done_from(w, cut, last, k, max(at * MINUTE, int(w[cut + 2 * k])), work * MINUTE)[1] if k < last else -1
    assert found == (minute * MINUTE if left == 0 else -1)


@settings(max_examples=150)
@given(day=days(), at=minutes, work=st.integers(1, 90))
def test_work_in_one_go_takes_the_first_stretch_that_holds_it(day: Day, at: int, work: int) -> None:
    fits = [m for m in range(max(at, 0), LAST + 2 - work) if all(day.is_open[m : m + work])]
    found = in_one_go(day.floor.ints, 0, at * MINUTE, work * MINUTE)
    assert found == (fits[0] * MINUTE if fits else -1)


@settings(max_examples=150)
@given(day=days(), low=minutes, length=st.integers(0, 200))
def test_sums_over_a_span_are_those_of_its_minutes(day: Day, low: int, length: int) -> None:
    span = [m for m in range(max(low, 0), min(low + length, LAST + 1)) if day.is_open[m]]
    w = day.floor.ints
    start, end = low * MINUTE, (low + length) * MINUTE
    assert worked(w, 0, end) - worked(w, 0, start) == len(span) * MINUTE
    energy = sum_by_hand(day.floor, 0, start, end, ENERGY)
    assert energy == pytest.approx(sum(day.price[m] for m in span) * MINUTE / HOUR_MS, abs=1e-9)
    premium = sum_by_hand(day.floor, 0, start, end, EXTRA)
    assert premium == pytest.approx(sum(day.premium[m] for m in span) * MINUTE / HOUR_MS, abs=1e-9)
