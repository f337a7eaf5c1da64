"""Whatever is broken, there is an answer, it balances, and what gave way is named; nothing gives way without need."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from broken import WAYS, a_broken_system
from systems import random_park

from parkwright.energy.answer import answer
from parkwright.energy.assemble import LADDER, assemble
from parkwright.energy.linear import INFINITY


def judged(seed):
    """Answer a broken system and hold the answer to its promises; return its word."""
    system, ways = a_broken_system(seed)
    found = answer(system, 20.0)
    assert found.word in ("optimal", "relaxed"), (seed, ways, found.word)
    largest = max(float(np.abs(flow).max(initial=0.0)) for flow in found.flows.values())
    assert found.balance_residual_kwh <= 1e-9 * max(1.0, largest), (seed, ways, found.balance_residual_kwh)
    for one in found.relaxed:
        assert one.limit in LADDER
        assert one.amount > 0.0
        assert one.why
        assert 0 <= one.step < system.steps
    return found, system


@pytest.mark.parametrize("hundred", range(3))
def test_300_broken_systems_are_all_answered_and_say_what_gave_way(hundred):
    words = [judged(100 * hundred + n)[0].word for n in range(100)]
    assert 10 <= words.count("relaxed") <= 90


@pytest.mark.slow
def test_10000_broken_systems_are_all_answered():
    words = [judged(1000 + n)[0].word for n in range(10_000)]
    assert set(words) == {"optimal", "relaxed"}


@pytest.mark.parametrize("seed", range(20, 50))
def test_with_slacks_open_from_the_start_the_optimum_is_the_same_where_nothing_must_give_way(seed):
    found, system = judged(seed)
    built = assemble(system)
    solver = built.program.ready()
    for slack in built.slacks:
        solver.bound(slack.columns, 0.0, INFINITY)
    open_from_the_start = solver.run(20.0)
    assert open_from_the_start.status == "optimal"
    given_way = sum(float(open_from_the_start.values[slack.columns].sum()) * slack.per for slack in built.slacks)
    if found.word == "optimal":
        assert given_way == pytest.approx(0.0, abs=1e-5)
        assert found.objective_cny == pytest.approx(open_from_the_start.objective, rel=1e-6, abs=1e-5)
    else:
        assert given_way == pytest.approx(sum(one.amount for one in found.relaxed), rel=1e-5, abs=1e-5)


def test_every_way_of_breaking_is_drawn():
    drawn = {way for seed in range(300) for way in a_broken_system(seed)[1]}
    assert drawn == set(WAYS)


@pytest.mark.parametrize("seed", range(8))
def test_a_contract_that_is_lifted_by_what_gave_way_no_longer_gives_way(seed):
    park = random_park(np.random.default_rng([5, seed]), 20)
    grid = next(block for block in park.blocks if block.id == "grid")
    most = float(park.blocks[0].power_kw.max())

    def with_contract(kw):
        narrow = replace(grid, import_limit_kw=np.full(20, kw))
        return answer(replace(park, blocks=tuple(narrow if block is grid else block for block in park.blocks)))

    tight = with_contract(most * 0.2)
    assert [one.limit for one in tight.relaxed] == ["import_limit"]
    assert with_contract(most * 0.2 + tight.flows["grid.over"].max() + 1e-3).word == "optimal"
