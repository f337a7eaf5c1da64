"""The chain behind a product: processes that use each other's output, and the footprint of every one at once.

A process emits `direct` [kg CO2e] and uses quantities of other processes' output for a unit of its own. Its intensity
y [kg CO2e a unit] is y = direct + Z' y. The graph is sorted into tiers by its strongly connected components, so that a
chain without loops is solved exactly in one pass, and a loop alone is swept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.sparse import csc_matrix, identity
from scipy.sparse.linalg import splu

from parkwright.carbon.tiers import Floats, Ints, components_of, settle, settle_users
from parkwright.model.errors import LedgerError

TOLERANCE = 1e-14
"""Relative error at which a swept loop counts as solved."""


@dataclass(frozen=True)
class Graph:
    """Processes in tier order: whatever is used stands before its users, loops apart.

    ids: (N,) in tier order; direct: (N,) [kg CO2e a unit of output]. Inputs of process j are those k in
    [inputs_at[j], inputs_at[j + 1]): amounts[k] units of process inputs[k]; exchange[k] is the row that it was given
    as. users_at, users, user_amounts: the same seen from what is used. bounds: (C + 1,) first process of each
    component.
    """

    ids: tuple[str, ...]
    direct: Floats
    inputs_at: Ints
    inputs: Ints
    amounts: Floats
    exchange: Ints
    users_at: Ints
    users: Ints
    user_amounts: Floats
    bounds: Ints
    component: Ints

    @cached_property
    def place(self) -> Mapping[str, int]:
        """Place of each process in tier order."""
        return {name: at for at, name in enumerate(self.ids)}

    def at(self, process_id: str) -> int:
        """Return the place of a process; raises LedgerError when it is not in the graph."""
        if process_id not in self.place:
            raise LedgerError(f"process {process_id!r}: is not in the graph of {len(self.ids)} processes; add it")
        return self.place[process_id]


def graph(
    ids: Sequence[str],
    direct: Sequence[float] | Floats,
    exchanges: tuple[Sequence[int], Sequence[int], Sequence[float]],
) -> Graph:
    """Return the graph of N processes and K exchanges, sorted into tiers.

    ids: (N,). direct: (N,) [kg CO2e a unit]. exchanges: (users, inputs, quantities), each (K,): a unit of process
    `users[k]` uses `quantities[k]` units of process `inputs[k]`; both count from 0 in the order of ids. The same pair
    given twice adds up.

    Raises LedgerError when an id comes twice, an exchange names no process, or a figure is negative or not finite.
    """
    users, inputs = (np.asarray(array, np.int64) for array in exchanges[:2])
    amounts, own = np.asarray(exchanges[2], np.float64), np.asarray(direct, np.float64)
    _refuse(ids, own, users, inputs, amounts)
    size = len(ids)
    pointers, order = _grouped(users, size)
    label, left = components_of(pointers, inputs[order])
    tier = np.lexsort((left, label))
    new = np.empty(size, np.int64)
    new[tier] = np.arange(size)
    users, inputs = new[users], new[inputs]
    inputs_at, by_user = _grouped(users, size)
    users_at, by_input = _grouped(inputs, size)
    counts = np.bincount(label, minlength=int(label.max()) + 1 if size else 0)
    return Graph(
        ids=tuple(ids[at] for at in tier),
        direct=own[tier],
        inputs_at=inputs_at,
        inputs=inputs[by_user],
        amounts=amounts[by_user],
        exchange=by_user,
        users_at=users_at,
        users=users[by_input],
        user_amounts=amounts[by_input],
        bounds=np.concatenate(([0], np.cumsum(counts))).astype(np.int64),
        component=label[tier],
    )


def _refuse(ids: Sequence[str], direct: Floats, users: Ints, inputs: Ints, amounts: Floats) -> None:
    """Raise LedgerError when the parts of a graph do not make one."""
    if len(set(ids)) != len(ids):
        twice = sorted({name for name in ids if list(ids).count(name) > 1})[:3]
        raise LedgerError(f"graph: processes {twice} come twice; give each its own id")
    if direct.shape != (len(ids),) or not (users.shape == inputs.shape == amounts.shape):
        raise LedgerError(
            f"graph: {direct.size} direct emissions for {len(ids)} processes, and {users.size}, {inputs.size}, "
            f"{amounts.size} parts of exchanges; give one each"
        )
    for name, figures in (("direct emissions", direct), ("quantity of an exchange", amounts)):
        bad = np.flatnonzero(~np.isfinite(figures) | (figures < 0))
        if bad.size:
            raise LedgerError(
                f"graph: {name} {int(bad[0])} is {figures[bad[0]]}; give a finite figure of at least 0 "
                "(an uptake or a credit is stated apart, it is no exchange)"
            )
    for side in (users, inputs):
        if side.size and (side.min() < 0 or side.max() >= len(ids)):
            raise LedgerError(f"graph: an exchange names process {side.max()} of {len(ids)}; count from 0")


def _grouped(keys: Ints, size: int) -> tuple[Ints, Ints]:
    """Return where each key's rows begin (size + 1,), and the rows in that order."""
    pointers = np.zeros(size + 1, np.int64)
    pointers[1:] = np.cumsum(np.bincount(keys, minlength=size))
    return pointers, np.argsort(keys, kind="stable")


def intensities(chain: Graph) -> Floats:
    """Return the footprint of a unit of every process [kg CO2e], in tier order (N,).

    Raises LedgerError when a loop uses as much of itself as it makes, so that nothing would ever leave it.

    References: Heijungs and Suh, The Computational Structure of Life Cycle Assessment, 2002, ch. 2; solved transposed,
    so that one solution serves every product (Leontief price model).
    """
    return solved(chain, chain.amounts, chain.direct, np.zeros(len(chain.ids)), TOLERANCE)


def solved(chain: Graph, amounts: Floats, direct: Floats, start: Floats, tolerance: float) -> Floats:
    """Return the intensities with other amounts (K,) and direct emissions (N,), swept from `start` (N,)."""
    values = start.copy()
    last = chain.bounds.size - 1
    at = settle(0, 1, last, chain.bounds, chain.inputs_at, chain.inputs, amounts, direct, values, tolerance)
    while at < last:
        _directly(chain, at, (chain.inputs_at, chain.inputs, amounts), direct, values)
        at = settle(at + 1, 1, last, chain.bounds, chain.inputs_at, chain.inputs, amounts, direct, values, tolerance)
    return values


def scaling(chain: Graph, product_id: str) -> Floats:
    """Return how much of every process a unit of a product needs in all, itself included (N,), in tier order.

    Raises LedgerError as `intensities` does, and when there is no such process.
    """
    demand, values = np.zeros(len(chain.ids)), np.zeros(len(chain.ids))
    demand[chain.at(product_id)] = 1.0
    side = (chain.users_at, chain.users, chain.user_amounts)
    at = settle(chain.bounds.size - 2, -1, -1, chain.bounds, *side, demand, values, TOLERANCE)
    while at >= 0:
        _directly(chain, at, side, demand, values)
        at = settle(at - 1, -1, -1, chain.bounds, *side, demand, values, TOLERANCE)
    return values


def _directly(chain: Graph, component: int, side: tuple[Ints, Ints, Floats], given: Floats, values: Floats) -> None:
    """Solve one slow loop by a factorisation without pivoting, which its M-matrix allows.

    A loop makes something when (I - Z) x = 1 has a solution x >= 1.

    References: Berman and Plemmons, Nonnegative Matrices in the Mathematical Sciences, 1994, ch. 6, theorem 2.3.
    """
    first, last = int(chain.bounds[component]), int(chain.bounds[component + 1])
    pointers, others, amounts = side
    rows = slice(int(pointers[first]), int(pointers[last]))
    node = np.repeat(np.arange(first, last), np.diff(pointers[first : last + 1]))
    other, amount = others[rows], amounts[rows]
    inside = (other >= first) & (other < last)
    right = given[first:last].copy()
    np.add.at(right, node[~inside] - first, amount[~inside] * values[other[~inside]])
    size = last - first
    used = csc_matrix((amount[inside], (node[inside] - first, other[inside] - first)), shape=(size, size))
    names = ", ".join(chain.ids[first : first + 3])
    finding = (
        f"graph: the loop of {size} processes ({names}) uses as much of itself as it makes; correct its quantities"
    )
    try:
        factors = splu(csc_matrix(identity(size) - used), permc_spec="NATURAL", diag_pivot_thresh=0.0)
    except RuntimeError as error:
        raise LedgerError(finding) from error
    if not (factors.solve(np.ones(size)) >= 1.0 - 1e-9).all():
        raise LedgerError(finding)
    values[first:last] = factors.solve(right)


@dataclass(frozen=True)
class Revision:
    """A graph after some processes changed: its intensities, and which processes were computed again."""

    graph: Graph
    intensities: Floats
    recomputed: tuple[str, ...]


def revised(chain: Graph, values: Floats, direct: Mapping[str, float]) -> Revision:
    """Return the graph and its intensities after processes got new direct emissions; only their users are computed.

    values: (N,) intensities of `chain`. direct: process id -> its new direct emissions [kg CO2e a unit], such as a
    supplier's new footprint.

    Raises LedgerError when a process is unknown or a figure is negative or not finite.
    """
    own, result = chain.direct.copy(), values.copy()
    touched = np.zeros(chain.bounds.size - 1, np.bool_)
    recomputed = np.zeros(len(chain.ids), np.bool_)
    for name, figure in direct.items():
        if not np.isfinite(figure) or figure < 0:
            raise LedgerError(f"process {name}: direct emissions of {figure}; give a finite figure of at least 0")
        own[chain.at(name)] = figure
        touched[chain.component[chain.at(name)]] = True
    side = (chain.inputs_at, chain.inputs, chain.amounts)
    begin, last = 0, chain.bounds.size - 1
    while begin < last:
        at = settle_users(
            begin, chain.bounds, *side, chain.users_at, chain.users, chain.component, own, result, touched, recomputed,
            TOLERANCE,
        )  # fmt: skip
        if at < last:
            _directly(chain, at, side, own, result)
            touched[
                chain.component[chain.users[chain.users_at[chain.bounds[at]] : chain.users_at[chain.bounds[at + 1]]]]
            ] = True
        begin = at + 1
    names = tuple(chain.ids[at] for at in np.flatnonzero(recomputed))
    return Revision(replace(chain, direct=own), result, names)


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one process emits for a unit of a product [kg CO2e], and its share of the product's footprint."""

    process_id: str
    quantity: float
    kg: float
    share: float


def contributions(chain: Graph, product_id: str, top: int) -> tuple[Contribution, ...]:
    """Return the processes that emit most for a unit of a product, the largest first, at most `top`.

    Raises LedgerError as `scaling` does, and when `top` is below 1.
    """
    if top < 1:
        raise LedgerError(f"contributions: the top {top} is nothing; ask for at least 1")
    needed = scaling(chain, product_id)
    emitted = needed * chain.direct
    total = float(emitted.sum())
    found = np.argsort(-emitted, kind="stable")[:top]
    return tuple(
        Contribution(chain.ids[at], float(needed[at]), float(emitted[at]), float(emitted[at]) / total if total else 0.0)
        for at in found
        if emitted[at] > 0.0
    )
