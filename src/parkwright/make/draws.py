"""Random draws for kernels: one state word per search, so that a search repeats by its seed alone.

References
----------
Marsaglia (2003), Xorshift RNGs, Journal of Statistical Software 8(14): the 64-bit generator with shifts 13, 7, 17.
"""

from __future__ import annotations

import math

import numpy as np

from parkwright.make.compiled import compiled


def stream(seed: int, lane: int) -> np.ndarray:
    """Return the state (1,) of a generator, another one for each seed (>= 0) and lane; never the stuck state 0."""
    return np.random.SeedSequence([seed, lane]).generate_state(1, np.uint64) | np.uint64(1)


@compiled
def draw(state: np.ndarray, bound: int) -> int:
    """Return an integer of 0 .. bound - 1 and step the state."""
    word = state[0]
    word ^= word << np.uint64(13)
    word ^= word >> np.uint64(7)
    word ^= word << np.uint64(17)
    state[0] = word
    return int((word >> np.uint64(33)) % np.uint64(bound))


@compiled
def slack(state: np.ndarray, temperature: float) -> float:
    """Return how much worse a neighbour may be: exponential with mean `temperature` (Metropolis' rule)."""
    return -temperature * math.log((draw(state, 1 << 30) + 1) / (1 << 30))
