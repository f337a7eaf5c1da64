"""Exact shares: an integer quantity is split over integer weights and adds up to the last unit."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from numba import njit

from parkwright.model.errors import LedgerError

Ints = npt.NDArray[np.int64]

QUANTITY_LIMIT = 2**52
"""Largest quantity of the kernel: below it the float estimate of a floor is off by at most 3 (see `_share_group`)."""
WEIGHT_LIMIT = 2**60
"""Largest sum of weights of the kernel: below it 4 sums fit the 63 bits of the wrap-around remainder."""


def apportion(quantity: int, weights: Sequence[int]) -> list[int]:
    """Split `quantity` over `weights` by largest remainder.

    quantity: integer [any unit]; a negative one is split like its opposite. weights: integers >= 0 (N,).
    Returns N integers that sum to `quantity`; each differs from quantity * w / sum(w) by less than 1.
    Equal remainders go to the earlier weight.

    Raises LedgerError when a weight is negative, or when all weights are 0 and the quantity is not.

    References: largest remainder (Hamilton) method; Balinski and Young, Fair Representation, 1982, ch. 3.

    >>> apportion(10_000, [1, 1, 1])
    [3334, 3333, 3333]
    """
    if any(weight < 0 for weight in weights):
        raise LedgerError(f"apportion: weight {min(weights)} is negative; give weights of at least 0")
    total = sum(weights)
    if total == 0:
        if quantity:
            raise LedgerError(f"apportion: {quantity} cannot be shared over weights of 0; give one weight above 0")
        return [0] * len(weights)
    sign, size = (-1, -quantity) if quantity < 0 else (1, quantity)
    shares = [size * weight // total for weight in weights]
    order = sorted(range(len(weights)), key=lambda n: (-(size * weights[n] % total), n))
    for n in order[: size - sum(shares)]:
        shares[n] += 1
    return [sign * share for share in shares]


def apportion_groups(quantities: Ints, group_starts: Ints, weights: Ints) -> Ints:
    """Split each quantity over its own group of weights; the many-group form of `apportion`.

    quantities: (G,) integers. group_starts: (G,) ascending index of each group's first weight, the first 0; a group
    ends where the next starts. weights: (N,) integers >= 0. Returns (N,) shares; those of a group sum to its quantity.

    Products beyond 2^63 are exact: the floor is estimated in float64 and corrected by the remainder, which
    wrap-around 64-bit arithmetic gives exactly. Groups beyond the kernel's limits go through `apportion`.

    Raises LedgerError as `apportion` does, and when the groups do not tile the weights.
    """
    quantities, group_starts, weights = (
        np.ascontiguousarray(array, dtype=np.int64) for array in (quantities, group_starts, weights)
    )
    if quantities.size == 0:
        if weights.size:
            raise LedgerError(f"apportion_groups: {weights.size} weights without a group; give their quantities")
        return np.zeros(0, np.int64)
    ends = np.append(group_starts[1:], weights.size)
    if group_starts.size != quantities.size or group_starts[0] != 0 or (ends < group_starts).any():
        raise LedgerError("apportion_groups: group_starts do not tile the weights; give one ascending start a group")
    if weights.size and weights.min() < 0:
        raise LedgerError(f"apportion_groups: weight {weights.min()} is negative; give weights of at least 0")
    large = np.abs(quantities) >= QUANTITY_LIMIT
    shares = np.zeros(weights.size, np.int64)
    bad = int(_split(quantities, group_starts, ends, weights, large, shares))
    if bad >= 0:
        raise LedgerError(
            f"apportion_groups: group {bad}: {quantities[bad]} cannot be shared over weights of 0; "
            "give one weight above 0"
        )
    for group in np.flatnonzero(large):
        part = slice(int(group_starts[group]), int(ends[group]))
        shares[part] = apportion(int(quantities[group]), [int(weight) for weight in weights[part]])
    return shares


def _share_group(size: np.int64, total: np.int64, weights: Ints, shares: Ints) -> None:
    """Fill the shares of one group: size in [0, 2^52) over weights that sum to total in [1, 2^60).

    Four roundings of 2^-53 on a quotient below 2^52 and the truncation put the estimate within 3 of the floor, so
    the remainder lies within 4 sums of weights and wrap-around arithmetic keeps it.
    """
    remainders = np.empty(weights.size, np.int64)
    left = size
    for n in range(weights.size):
        floor = np.int64(float(size) * float(weights[n]) / float(total))
        remainder = size * weights[n] - floor * total
        while remainder < 0:
            floor -= 1
            remainder += total
        while remainder >= total:
            floor += 1
            remainder -= total
        shares[n] = floor
        remainders[n] = -remainder
        left -= floor
    if left:
        order = np.argsort(remainders, kind="mergesort")
        for k in range(left):
            shares[order[k]] += 1


_share: Callable[[np.int64, np.int64, Ints, Ints], None] = njit(cache=True)(_share_group)


def _split_groups(
    quantities: Ints, starts: Ints, ends: Ints, weights: Ints, large: npt.NDArray[np.bool_], shares: Ints
) -> int:
    """Fill `shares`, skipping and marking large groups; return the first group without weight, or -1."""
    for group in range(quantities.size):
        if large[group]:
            continue
        first, last = starts[group], ends[group]
        total = np.int64(0)
        about = 0.0
        for n in range(first, last):
            total += weights[n]
            about += weights[n]
        if about >= WEIGHT_LIMIT / 2:
            large[group] = True
        elif total > 0:
            _share(abs(quantities[group]), total, weights[first:last], shares[first:last])
            if quantities[group] < 0:
                shares[first:last] = -shares[first:last]
        elif quantities[group] != 0:
            return group
    return -1


_split: Callable[[Ints, Ints, Ints, Ints, npt.NDArray[np.bool_], Ints], int] = njit(cache=True)(_split_groups)
