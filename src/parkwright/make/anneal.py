"""Local search: simulated annealing over edits of the rows, each priced exactly; what is hopeless is not priced.

References
----------
Kirkpatrick, Gelatt and Vecchi (1983), Optimization by simulated annealing, Science 220.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numba import njit

from parkwright.make.draws import draw, slack, uniform
from parkwright.make.edits import EDIT, KIND, NOTHING, apply, apply_all, take_back, take_back_all
from parkwright.make.floor import GRID_NOW, N_OPS, N_POWER, X_RATE
from parkwright.make.glance import glance
from parkwright.make.moves import propose_job, propose_move, propose_relief, propose_swap, propose_wait
from parkwright.make.outlook import GAIN, HANG, hanging, outlook
from parkwright.make.settle import forget, restore, settle
from parkwright.make.sharing import excess

RELIEF = 0.1
"""Share of edits that relieve an interval above a cap, where there was one at first. Most of them move or swap, because
holds stay behind and stiffen the plan: with half of them waits, a generated plant of 1,000 operations held back three
times as many operations and came out with more lateness."""
JOB = 0.25
"""Share of the other edits that move an operation with those of its job that follow it; found on generated plants of
1,000 operations, where none leaves more of the rule's cost, and half of them too."""
PRESSING = 0.5
"""Share of edits whose operation is drawn again until it would save something by being earlier; found on the same
plants, where about half of the operations are so."""
DRAWS = 5
"""Draws for such an operation at most; chosen, not searched for."""
CHAIN = 6
"""Operations of a job that move together at most; the generated plants have four stages."""
FRESH = 25
"""Edits taken after which it is asked anew what hangs on each operation; asked less often, there are no more edits a
second on generated plants of 6,000 to 50,000 operations."""


def _propose(
    w: np.ndarray,
    x: np.ndarray,
    members: np.ndarray,
    waits: float,
    relieve: bool,
    hang: np.ndarray,
    stream: np.ndarray,
    edits: np.ndarray,
) -> None:
    """Propose some edits that are made together (CHAIN, EDIT), drawn by lot; the first is NOTHING where none is found.

    members, waits: as of `anneal`. relieve: whether some of them are to relieve what lies above a cap. hang: as of
    make.outlook; zeros where it is not known.
    """
    edits[:, KIND] = NOTHING
    if relieve and uniform(stream) < RELIEF:
        propose_relief(w, x, members, stream, edits[0])
        if edits[0, KIND] != NOTHING:
            return
    i, kind = members[draw(stream, members.size)], uniform(stream)
    if uniform(stream) < PRESSING:
        for _ in range(DRAWS - 1):
            if hang[i, GAIN] > 0.0:
                break
            i = members[draw(stream, members.size)]
    if uniform(stream) < waits:
        propose_wait(w, i, stream, edits[0])
    elif uniform(stream) < JOB:
        propose_job(w, i, stream, edits)
    elif kind < 0.75:
        propose_move(w, i, kind / 0.75, stream, edits[0])
    else:
        propose_swap(w, i, stream, edits[0])


propose: Callable[..., None] = njit(cache=True, nogil=True, error_model="numpy")(_propose)


def _anneal(
    w: np.ndarray,
    x: np.ndarray,
    members: np.ndarray,
    heat: tuple[float, float],
    leeway: float,
    waits: float,
    moves: int,
    stream: np.ndarray,
) -> float:
    """Try `moves` edits while the temperature falls from heat[0] to heat[1] [CNY]; return the change of cost [CNY].

    members: operations that may move, all of them in rows. leeway: an edit is given up once it seems, or what has been
    settled of it is, dearer by this than what would be taken [CNY]: what is left to settle seldom makes up for it.
    waits: share of edits that hold an operation back. stream: random numbers. A temperature of 0 takes improvements
    only.
    """
    edits = np.zeros((CHAIN, EDIT), dtype=np.int64)
    total, temperature = 0.0, heat[0]
    falls = (heat[1] / heat[0]) ** (1.0 / moves) if heat[0] > 0 else 1.0
    above_cap = w[N_POWER] > 0 and excess(w, x, 0, w[N_POWER]) > 0
    hang, ends, taken = np.zeros((w[N_OPS], HANG)), np.zeros(2 * w[N_OPS], dtype=np.int64), 0
    if leeway < np.inf:
        hanging(w, x, hang)
    for _ in range(moves):
        temperature *= falls
        propose(w, x, members, waits, above_cap, hang, stream, edits)
        if edits[0, KIND] == NOTHING:
            continue
        limit = slack(stream, temperature)
        hopeless = limit + leeway + x[w[X_RATE] + GRID_NOW]
        if leeway < np.inf and glance(w, hang, edits, ends) > hopeless:
            continue
        apply_all(w, edits)
        if leeway < np.inf and outlook(w, hang, ends) > hopeless:
            forget(w)
            take_back_all(w, edits)
            continue
        change = settle(w, x, limit + leeway)
        if change > limit:
            take_back_all(w, edits)
            restore(w, x)
            continue
        total += change
        taken += 1
        if leeway < np.inf and taken % FRESH == 0:
            hanging(w, x, hang)
    return total


anneal: Callable[..., float] = njit(cache=True, nogil=True, error_model="numpy")(_anneal)


def _sample(w: np.ndarray, x: np.ndarray, members: np.ndarray, moves: int, stream: np.ndarray) -> np.ndarray:
    """Return by how much each of `moves` edits would change the cost (moves,) [CNY]; the plan stays as it is."""
    edit = np.zeros(EDIT, dtype=np.int64)
    found = np.zeros(moves)
    for move in range(moves):
        edit[KIND] = NOTHING
        propose_move(w, members[draw(stream, members.size)], uniform(stream), stream, edit)
        if edit[KIND] != NOTHING:
            apply(w, edit)
            found[move] = settle(w, x, np.inf)
            take_back(w, edit)
            restore(w, x)
    return found


sample: Callable[..., np.ndarray] = njit(cache=True, nogil=True, error_model="numpy")(_sample)
