"""Order and solve a graph of processes tier by tier: inputs first, loops swept until they stand. Compiled kernels."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from numba import njit

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

SLOW_RATE = 0.95
"""Spectral radius from which a loop is solved directly and no longer swept: beyond it a sweep gains under 5 %."""
SWEEPS = 400
"""Sweeps after which a loop is solved directly: 0.95^400 is 1e-9, so that a loop that needs more is slow."""


def _components_of(pointers: Ints, inputs: Ints) -> tuple[Ints, Ints]:
    """Return the strongly connected component of each process, and the order in which the search left it, (N,) each.

    pointers: (N+1,), inputs: (K,): the inputs of process j are inputs[pointers[j]:pointers[j + 1]]. A component's
    inputs have lower numbers or its own. Inside a loop whatever was left earlier is used by what was left later, but
    for the few exchanges that close the loop, so that a sweep in that order carries nearly everything at once.

    References: Tarjan, Depth-first search and linear graph algorithms, SIAM J. Comput. 1(2), 1972; without recursion.
    """
    size = pointers.size - 1
    label, low, number = np.full(size, -1, np.int64), np.zeros(size, np.int64), np.full(size, -1, np.int64)
    path, at = np.empty(size, np.int64), np.empty(size, np.int64)
    held, left = np.empty(size, np.int64), np.empty(size, np.int64)
    seen = found = holding = done = 0
    for root in range(size):
        if number[root] >= 0:
            continue
        depth = 0
        path[0], at[root] = root, pointers[root]
        number[root] = low[root] = seen
        seen += 1
        held[holding] = root
        holding += 1
        while depth >= 0:
            node = path[depth]
            if at[node] < pointers[node + 1]:
                child = inputs[at[node]]
                at[node] += 1
                if number[child] < 0:
                    number[child] = low[child] = seen
                    seen += 1
                    held[holding] = child
                    holding += 1
                    at[child] = pointers[child]
                    depth += 1
                    path[depth] = child
                elif label[child] < 0:
                    low[node] = min(low[node], number[child])
                continue
            left[node] = done
            done += 1
            depth -= 1
            if depth >= 0:
                low[path[depth]] = min(low[path[depth]], low[node])
            if low[node] == number[node]:
                while True:
                    holding -= 1
                    member = held[holding]
                    label[member] = found
                    if member == node:
                        break
                found += 1
    return label, left


components_of: Callable[[Ints, Ints], tuple[Ints, Ints]] = njit(cache=True)(_components_of)


def _value(node: int, pointers: Ints, others: Ints, amounts: Floats, given: Floats, values: Floats) -> float:
    """Return given + sum(amount x value of the other), solved for the node's use of itself; infinite where >= 1."""
    total, own = given[node], 0.0
    for k in range(pointers[node], pointers[node + 1]):
        if others[k] == node:
            own += amounts[k]
        else:
            total += amounts[k] * values[others[k]]
    return np.inf if own >= 1.0 else total / (1.0 - own)


_value_of: Callable[[int, Ints, Ints, Floats, Floats, Floats], float] = njit(cache=True)(_value)


def _sweep_loop(
    first: int,
    last: int,
    forward: bool,
    pointers: Ints,
    others: Ints,
    amounts: Floats,
    given: Floats,
    values: Floats,
    tolerance: float,
) -> int:
    """Sweep a loop of processes until its values stand; return the sweeps, or -1 when it is slow or diverges.

    Stops when the error still to come, change x rate / (1 - rate), is below the tolerance, relative to the value.
    """
    before = np.inf
    for sweep in range(1, SWEEPS + 1):
        change = 0.0
        for step in range(last - first):
            node = first + step if forward else last - 1 - step
            value = _value_of(node, pointers, others, amounts, given, values)
            if not np.isfinite(value):
                return -1
            size = abs(value)
            if value != values[node] and size > 0.0:
                change = max(change, abs(value - values[node]) / size)
            values[node] = value
        rate = change / before if before > 0.0 else 0.0
        if change <= tolerance and (rate >= 1.0 or change * rate <= tolerance * (1.0 - rate) or change < 1e-15):
            return sweep
        if sweep > 20 and rate >= SLOW_RATE and change > tolerance:
            return -1
        before = change
    return -1


_sweep: Callable[[int, int, bool, Ints, Ints, Floats, Floats, Floats, float], int] = njit(cache=True)(_sweep_loop)


def _settle_tiers(
    begin: int,
    step: int,
    stop: int,
    bounds: Ints,
    pointers: Ints,
    others: Ints,
    amounts: Floats,
    given: Floats,
    values: Floats,
    tolerance: float,
) -> int:
    """Settle components begin, begin + step ... before stop; return the one that could not be settled, or stop."""
    component = begin
    while component != stop:
        first, last = bounds[component], bounds[component + 1]
        if last - first == 1:
            value = _value_of(first, pointers, others, amounts, given, values)
            if not np.isfinite(value):
                return component
            values[first] = value
        elif _sweep(first, last, step > 0, pointers, others, amounts, given, values, tolerance) < 0:
            return component
        component += step
    return component


settle: Callable[[int, int, int, Ints, Ints, Ints, Floats, Floats, Floats, float], int] = njit(cache=True)(
    _settle_tiers
)


def _settle_users(
    begin: int,
    bounds: Ints,
    pointers: Ints,
    others: Ints,
    amounts: Floats,
    users_at: Ints,
    users: Ints,
    component_of: Ints,
    given: Floats,
    values: Floats,
    touched: Flags,
    recomputed: Flags,
    tolerance: float,
) -> int:
    """Settle from component `begin` on those touched, and touch the users of what changed.

    Marks what it recomputed. Returns the component that could not be settled, or the number of components.
    """
    for component in range(begin, bounds.size - 1):
        if not touched[component]:
            continue
        first, last = bounds[component], bounds[component + 1]
        old = values[first:last].copy()
        recomputed[first:last] = True
        if last - first == 1:
            value = _value_of(first, pointers, others, amounts, given, values)
            if not np.isfinite(value):
                return component
            values[first] = value
        elif _sweep(first, last, True, pointers, others, amounts, given, values, tolerance) < 0:
            values[first:last] = old
            return component
        for node in range(first, last):
            if values[node] != old[node - first]:
                for k in range(users_at[node], users_at[node + 1]):
                    touched[component_of[users[k]]] = True
    return bounds.size - 1


settle_users: Callable[[int, Ints, Ints, Ints, Floats, Ints, Ints, Ints, Floats, Floats, Flags, Flags, float], int] = (
    njit(cache=True)(_settle_users)
)
